"""Settings for commands that run no program: the same checks, and the stack file's values."""

from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.settings import BootstrapSettings, encrypted_keys, settings_of


def write(root: Path, text: str) -> Path:
    folder = root / "bootstrap"
    folder.mkdir()
    (folder / "Pulumi.dev.yaml").write_text(text)
    return root


def test_they_are_the_stack_files(tmp_path: Path) -> None:
    root = write(tmp_path, "config:\n  conducky-bootstrap:projectName: shop\n  conducky-bootstrap:imagesToKeep: 7\n")
    settings = settings_of(BootstrapSettings, "dev", root)
    assert (settings.project_name, settings.images_to_keep, settings.github_branch) == ("shop", 7, "main")


def test_a_wrong_one_is_refused_as_the_program_refuses_it(tmp_path: Path) -> None:
    root = write(tmp_path, "config:\n  conducky-bootstrap:githubRepository: shop\n")
    with pytest.raises(UserError) as caught:
        settings_of(BootstrapSettings, "dev", root)
    assert "`githubRepository` is `shop`" in caught.value.problem
    assert caught.value.fix == "run `pulumi -C bootstrap config set githubRepository acme/conducky --stack dev`"


def test_a_stack_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no stack `prod`: no layer has a Pulumi\.prod\.yaml"):
        settings_of(BootstrapSettings, "prod", write(tmp_path, ""))


def test_nothing_is_left_for_the_next_program(tmp_path: Path) -> None:
    settings_of(BootstrapSettings, "dev", write(tmp_path, "config:\n  conducky-bootstrap:projectName: shop\n"))
    other = tmp_path / "other"
    other.mkdir()
    assert settings_of(BootstrapSettings, "dev", write(other, "")).project_name == "conducky"


def test_encrypted_settings_are_known_by_their_keys(tmp_path: Path) -> None:
    text = """
config:
  conducky-bootstrap:projectName: shop
  conducky-bootstrap:hidden:
    secure: AAABAExample
  conducky-bootstrap:list: [1, 2]
  conducky-bootstrap:nothing:
"""
    root = write(tmp_path, text)
    assert encrypted_keys(root / "bootstrap" / "Pulumi.dev.yaml") == {"hidden"}


def test_a_file_that_is_not_yaml_is_named(tmp_path: Path) -> None:
    root = write(tmp_path, "config: [\n")
    with pytest.raises(UserError) as caught:
        encrypted_keys(root / "bootstrap" / "Pulumi.dev.yaml")
    assert "bootstrap/Pulumi.dev.yaml" in caught.value.problem


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("conducky-bootstrap:projectNaem", "`projectNaem` is not a setting of bootstrap (did you mean `projectName`?)"),
        ("conducky-botstrap:projectName", "`conducky-botstrap:projectName` in the settings of bootstrap belongs to no"),
        ("projectName", "`projectName` in the settings of bootstrap belongs to no program here"),
    ],
)
def test_an_encrypted_setting_that_is_none_is_refused_by_its_name(tmp_path: Path, key: str, says: str) -> None:
    root = write(tmp_path, f"config:\n  {key}: {{secure: AAABAExample}}\n")
    with pytest.raises(UserError) as caught:
        settings_of(BootstrapSettings, "dev", root)
    assert caught.value.problem.startswith(says)
    assert f"config rm {key.removeprefix('conducky-bootstrap:')} --stack dev" in caught.value.fix


def test_encrypted_settings_that_are_known_or_a_providers_pass(tmp_path: Path) -> None:
    keys = ("conducky-bootstrap:projectName", "aws:secretKey")
    text = "".join(f"  {key}: {{secure: AAABAExample}}\n" for key in keys)
    assert settings_of(BootstrapSettings, "dev", write(tmp_path, f"config:\n{text}")).project_name == "conducky"
