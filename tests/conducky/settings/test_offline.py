"""Settings for commands that run no program: the same checks, and the stack file's values."""

from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.settings.offline import settings_of
from conducky.settings.schema import BootstrapSettings


def write(root: Path, text: str) -> Path:
    folder = root / "bootstrap"
    folder.mkdir()
    (folder / "Pulumi.dev.yaml").write_text(text)
    return root


def test_they_are_the_stack_files(tmp_path: Path) -> None:
    root = write(tmp_path, "config:\n  conducky-bootstrap:projectName: shop\n  conducky-bootstrap:imagesToKeep: 7\n")
    settings = settings_of(BootstrapSettings, "dev", root)
    assert (settings.project_name, settings.images_to_keep, settings.github_branch) == ("shop", 7, "main")


def test_a_wrong_one_is_the_programs_sentence(tmp_path: Path) -> None:
    root = write(tmp_path, "config:\n  conducky-bootstrap:githubRepository: shop\n")
    with pytest.raises(UserError) as caught:
        settings_of(BootstrapSettings, "dev", root)
    assert str(caught.value) == (
        "`githubRepository` is `shop` and must look like `acme/conducky`: "
        "run `pulumi -C bootstrap config set githubRepository acme/conducky --stack dev`"
    )


def test_a_stack_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no stack `prod`: bootstrap/Pulumi\.prod\.yaml is missing"):
        settings_of(BootstrapSettings, "prod", write(tmp_path, ""))


def test_nothing_is_left_for_the_next_program(tmp_path: Path) -> None:
    settings_of(BootstrapSettings, "dev", write(tmp_path, "config:\n  conducky-bootstrap:projectName: shop\n"))
    other = tmp_path / "other"
    other.mkdir()
    assert settings_of(BootstrapSettings, "dev", write(other, "")).project_name == "conducky"
