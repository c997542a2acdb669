"""Where the programs stand, how stack files are read, and that layers do not see each other's modules."""

import os
import sys
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.repository import LAYERS, ROOT, environment, read_stack_file, run_program, stack_file, with_lines


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_a_program_with_settings_for_dev(layer: str) -> None:
    assert (ROOT / layer / "__main__.py").is_file()
    assert stack_file(layer, "dev") == ROOT / layer / "Pulumi.dev.yaml"


def test_an_unknown_stack_is_one_sentence() -> None:
    with pytest.raises(UserError) as caught:
        stack_file("platform", "staging")
    sentence = str(caught.value)
    assert sentence.startswith("there is no stack `staging`: no layer has a Pulumi.staging.yaml (there are dev, ")
    assert "cp platform/Pulumi.dev.yaml platform/Pulumi.staging.yaml" in sentence


@pytest.mark.parametrize("name", ["a/b", "A b", "", "../dev"])
def test_a_name_that_no_stack_can_have_is_not_offered_as_a_file(name: str) -> None:
    with pytest.raises(UserError, match="a stack's name is") as caught:
        stack_file("platform", name)
    assert "cp " not in caught.value.fix


def test_a_file_in_one_layer_makes_a_stack_of_defaults_in_the_others(tmp_path: Path) -> None:
    written(tmp_path, "config: {conducky-platform:databaseStorageGib: 40}\n")
    assert read_stack_file(stack_file("platform", "dev", tmp_path)) == {"conducky-platform:databaseStorageGib": "40"}
    assert read_stack_file(stack_file("services", "dev", tmp_path)) == {}


@pytest.mark.parametrize(
    ("command", "edit"),
    [
        ("set databaseStorageGib 20", "edit line 3 of platform/Pulumi.dev.yaml"),
        ("rm databaseStorageGib", "delete line 3 of platform/Pulumi.dev.yaml"),
        ("set capacity spot", "write `conducky-platform:capacity: spot` below `config:` of platform/Pulumi.dev.yaml"),
        ("rm aws:region", "delete line 4 of platform/Pulumi.dev.yaml"),
    ],
)
def test_a_fix_also_names_the_line_to_edit(tmp_path: Path, command: str, edit: str) -> None:
    written(tmp_path, "config:\n  # why\n  conducky-platform:databaseStorageGib: 5\n  aws:region: mars-1\n")
    fix = f"`pulumi -C platform config {command} --stack dev`"
    assert with_lines(f"run {fix} now", "dev", tmp_path) == f"run {fix} (or {edit}) now"


def test_no_edit_is_offered_for_a_secret(tmp_path: Path) -> None:
    fix = "run `pulumi -C services config set --secret jwtSecret --stack dev`"
    assert with_lines(fix, "dev", tmp_path) == fix


def test_a_layer_without_any_stack_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\(there are none\)"):
        stack_file("platform", "dev", tmp_path)


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "platform" / "Pulumi.dev.yaml"
    file.parent.mkdir()
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_values_come_as_the_text_that_pulumi_hands_over(tmp_path: Path) -> None:
    text = """
encryptionsalt: v1:abc
config:
  conducky-platform:databaseStorageGib: 20
  conducky-platform:deletionProtection: true
  conducky-platform:accountId: "012345678901"
  conducky-platform:projectName: conducky
  conducky-platform:availabilityZones: [us-east-1a, us-east-1b]
  conducky-platform:nothing:
  conducky-platform:hidden:
    secure: AAABAExample
"""
    assert read_stack_file(written(tmp_path, text)) == {
        "conducky-platform:databaseStorageGib": "20",
        "conducky-platform:deletionProtection": "true",
        "conducky-platform:accountId": "012345678901",
        "conducky-platform:projectName": "conducky",
        "conducky-platform:availabilityZones": '["us-east-1a", "us-east-1b"]',
        "conducky-platform:nothing": "",
    }


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "encryptionsalt: v1:abc\n", "environment: [shop]\n", "config:\n", "config: {}\n"]
)
def test_a_file_without_settings_has_none(tmp_path: Path, text: str) -> None:
    assert read_stack_file(written(tmp_path, text)) == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("config: [\n", "platform/Pulumi.dev.yaml is not YAML ("),
        ("config:\n\ttab: 1\n", "platform/Pulumi.dev.yaml is not YAML ("),
        (b"config: \xff\xfe\n", "platform/Pulumi.dev.yaml is not YAML ("),
        ("- one\n- two\n", "platform/Pulumi.dev.yaml needs a `config:` section"),
        ("config: [one]\n", "platform/Pulumi.dev.yaml needs a `config:` section"),
        ("config: text\n", "platform/Pulumi.dev.yaml needs a `config:` section"),
        ("just text\n", "platform/Pulumi.dev.yaml needs a `config:` section"),
        ("config: {a: 1}\nhttps: cloudfront\n", "platform/Pulumi.dev.yaml has `https` beside its `config:` section"),
        ("conducky-platform:https: off\n", "platform/Pulumi.dev.yaml has `conducky-platform:https` beside its"),
        ("1: 2\n", "platform/Pulumi.dev.yaml has `1` beside its `config:` section"),
        ("config: &c {key: *c}\n", "platform/Pulumi.dev.yaml holds a value that cannot be read ("),
        ("config: " + "[" * 500, "platform/Pulumi.dev.yaml holds a value that cannot be read ("),
        ("config: {key: 2026-02-30}\n", "platform/Pulumi.dev.yaml holds a value that cannot be read ("),
    ],
)
def test_a_file_of_another_form_is_one_sentence(tmp_path: Path, text: str | bytes, what: str) -> None:
    with pytest.raises(UserError) as caught:
        read_stack_file(written(tmp_path, text))
    assert str(caught.value).startswith(what)
    assert caught.value.fix == "correct it in an editor"
    assert str(caught.value).isprintable()


def test_variables_are_set_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDUCKY_A", "before")
    monkeypatch.setenv("CONDUCKY_B", "before")
    monkeypatch.delenv("CONDUCKY_C", raising=False)
    with environment({"CONDUCKY_A": "now", "CONDUCKY_B": None, "CONDUCKY_C": "now"}):
        inside = [os.environ.get(f"CONDUCKY_{letter}") for letter in "ABC"]
    assert inside == ["now", None, "now"]
    assert [os.environ.get(f"CONDUCKY_{letter}") for letter in "ABC"] == ["before", "before", None]


def test_variables_come_back_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDUCKY_A", "before")
    with pytest.raises(RuntimeError), environment({"CONDUCKY_A": "now"}):
        raise RuntimeError
    assert os.environ["CONDUCKY_A"] == "before"


def program(root: Path, layer: str, says: str) -> None:
    """A program that writes what its own module says into a file beside it."""
    folder = root / layer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "images.py").write_text(f"WORD = {says!r}\n")
    (folder / "__main__.py").write_text(
        "from pathlib import Path\nfrom images import WORD\n(Path(__file__).parent / 'said').write_text(WORD)\n"
    )


def test_layers_do_not_see_each_others_modules(tmp_path: Path) -> None:
    program(tmp_path, "bootstrap", "one")
    program(tmp_path, "platform", "two")
    run_program("bootstrap", tmp_path)
    run_program("platform", tmp_path)
    assert (tmp_path / "bootstrap" / "said").read_text() == "one"
    assert (tmp_path / "platform" / "said").read_text() == "two"


def test_a_module_of_another_copy_of_the_repository_does_not_count(tmp_path: Path) -> None:
    import images  # noqa: F401, PLC0415  # pyright: ignore[reportUnusedImport]  # the real services/images.py

    program(tmp_path, "services", "the copy's")
    run_program("services", tmp_path)
    assert (tmp_path / "services" / "said").read_text() == "the copy's"


def test_a_program_leaves_no_module_and_no_path_behind(tmp_path: Path) -> None:
    program(tmp_path, "services", "one")
    path = [*sys.path]
    run_program("services", tmp_path)
    assert "images" not in sys.modules
    assert sys.path == path


def test_a_folder_with_spaces_and_an_edited_file(tmp_path: Path) -> None:
    root = tmp_path / "my repositories"
    program(root, "services", "first")
    run_program("services", root)
    program(root, "services", "second word")
    run_program("services", root)
    assert (root / "services" / "said").read_text() == "second word"
