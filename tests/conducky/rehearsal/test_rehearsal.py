from pathlib import Path
from types import SimpleNamespace

import pytest

from conducky.engine.ensure import ensure_engine
from conducky.engine.events import LayerProgress, LayerResult
from conducky.rehearsal.rehearsal import Rehearsal, texts_below
from conducky.rehearsal.stacks.layer_stack import LayerFailedError


def test_files_of_the_same_name_are_all_read(tmp_path: Path) -> None:
    """The check for secrets once saw one layer's state only, as each of them is called `dev.json`."""
    for layer in ("platform", "services"):
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "dev.json").write_text(f"the state of {layer}")
    assert texts_below(tmp_path) == {
        "platform/dev.json": "the state of platform",
        "services/dev.json": "the state of services",
    }


@pytest.mark.parametrize("change", ["program", "stack file", "setting", "failure", "nothing"])
def test_a_layer_is_unchanged_only_after_it_came_up_with_the_same_program_and_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    rehearsal = Rehearsal.__new__(Rehearsal)
    (tmp_path / "platform").mkdir()
    program, settings = tmp_path / "platform" / "__main__.py", tmp_path / "platform" / "Pulumi.dev.yaml"
    program.write_text("1")
    settings.write_text("1")
    layer = SimpleNamespace(changed={}, killed=False, up=_succeeds)
    monkeypatch.setattr(rehearsal, "_root", tmp_path, raising=False)
    monkeypatch.setattr(rehearsal, "_deployed", {}, raising=False)
    monkeypatch.setattr(rehearsal, "_layers", {"platform": layer}, raising=False)
    monkeypatch.setattr(rehearsal, "account", SimpleNamespace(redact=str, resources={}), raising=False)
    assert rehearsal.unchanged("platform") is None
    rehearsal.up("platform", LayerProgress())
    match change:
        case "program":
            program.write_text("2")
        case "stack file":
            settings.write_text("2")
        case "setting":
            layer.changed["backups"] = "7"
        case "failure":
            layer.up = _fails
            with pytest.raises(LayerFailedError):
                rehearsal.up("platform", LayerProgress())
        case _:
            assert rehearsal.unchanged("platform") == LayerResult("platform", 2, {"same": 2})
            return
    assert rehearsal.unchanged("platform") is None


def _succeeds(_progress: object, _replace: object) -> LayerResult:
    return LayerResult("platform", 2, {"create": 2})


def _fails(_progress: object, _replace: object) -> LayerResult:
    raise LayerFailedError("no")


@pytest.mark.engine
def test_no_part_of_a_rehearsal_is_open_to_other_users() -> None:
    """State, backups and settings hold secrets, if only encrypted; what must be passed through cannot be listed."""
    with Rehearsal("dev", engine=ensure_engine(lambda _: None), port=18400, progress=lambda _: None) as rehearsal:
        rehearsal.layer("bootstrap")
        rehearsal.folder.own_folder("tasks", "backend")
        modes = {path.name: path.stat().st_mode & 0o777 for path in rehearsal.folder.path.iterdir()}
        assert {"state", "home", "layers", "engine", "logs", "tmp", "tasks", "lock", "processes"} <= set(modes)
        assert {name for name, mode in modes.items() if mode & 0o066} == set()
        assert {name for name, mode in modes.items() if mode & 0o077} <= {"ca", "tasks", "tools", "builds"}
