"""Pages with generated parts: current in the repository, and never half written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.repository import ROOT
from tools.docs import commands, configuration, deployer, write_configuration_page, write_deployer_page
from tools.docs.commands import write_commands_page
from tools.docs.pages import with_generated_parts, write_generated_parts

PAGE = Path("docs") / "page.md"
TEXT = """# By hand

<!-- begin generated: one -->
old
<!-- end generated -->

Between.

<!-- begin generated: two -->
<!-- end generated -->
"""
PARTS = {"one": "| 1 |\n", "two": "| 2 |\n"}
Write = Callable[[Path], Path]
PAGES = [
    (write_commands_page, commands.PAGE),
    (write_configuration_page, configuration.PAGE),
    (write_deployer_page, deployer.PAGE),
]


@pytest.mark.parametrize(("write", "page"), PAGES, ids=lambda each: str(each) if isinstance(each, Path) else "")
def test_a_page_in_the_repository_is_current(write: Write, page: Path, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / page).write_text(text, encoding="utf-8")
    assert write(tmp_path) == tmp_path / page
    assert (tmp_path / page).read_text(encoding="utf-8") == text, f"{page} is out of date: run `make docs`"


@pytest.mark.parametrize(("write", "page"), PAGES, ids=lambda each: str(each) if isinstance(each, Path) else "")
def test_what_is_written_by_hand_is_kept(write: Write, page: Path, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / page).write_text(text.replace("\n## ", "\nMine.\n\n## ", 1), encoding="utf-8")
    write(tmp_path)
    assert "\nMine.\n" in (tmp_path / page).read_text(encoding="utf-8")


def test_only_what_is_between_markers_changes() -> None:
    new = with_generated_parts(TEXT, PARTS, PAGE)
    assert "old" not in new
    assert new.replace("\n\n| 1 |\n\n", "\nold\n").replace("\n\n| 2 |\n\n", "\n") == TEXT
    assert with_generated_parts(new, PARTS, PAGE) == new, "written twice it stays the same"


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        (TEXT.replace("<!-- begin generated: two -->\n<!-- end generated -->\n", ""), "`two`", "begin generated: two"),
        (TEXT.replace("<!-- begin generated: two -->\n", ""), "without a beginning", "begin generated: NAME"),
        (TEXT.removesuffix("<!-- end generated -->\n"), "`two` of docs/page.md has no end", "end generated"),
        (TEXT.replace("old\n<!-- end generated -->\n", "old\n"), "`one` of docs/page.md has no end", "end generated"),
        (TEXT.replace(": two", ": three"), "`three`", "`one`, `two`"),
        (TEXT.replace(": two", ": one"), "`one` twice", "remove one"),
        ("", "`one`", "begin generated: one"),
    ],
    ids=["no part", "no beginning", "no end", "no end before the next", "unknown", "twice", "empty page"],
)
def test_a_page_with_wrong_markers_is_refused_and_left_alone(tmp_path: Path, text: str, problem: str, fix: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / PAGE).write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        write_generated_parts(tmp_path, PAGE, PARTS)
    assert str(PAGE) in caught.value.problem
    assert problem in caught.value.problem
    assert fix in caught.value.fix
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == text


def test_a_page_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        write_generated_parts(tmp_path, PAGE, PARTS)
    assert caught.value.problem == "docs/page.md is missing"
    assert "git checkout" in caught.value.fix
