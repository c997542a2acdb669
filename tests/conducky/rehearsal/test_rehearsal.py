from pathlib import Path

from conducky.rehearsal.rehearsal import texts_below


def test_files_of_the_same_name_are_all_read(tmp_path: Path) -> None:
    """The check for secrets once saw one layer's state only, as each of them is called `dev.json`."""
    for layer in ("platform", "services"):
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "dev.json").write_text(f"the state of {layer}")
    assert texts_below(tmp_path) == {
        "platform/dev.json": "the state of platform",
        "services/dev.json": "the state of services",
    }
