"""Every page: its links lead somewhere, and the commands that it names exist."""

import re
from functools import cache
from pathlib import Path

import pytest

from conducky.repository import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|`|\(|then )make ([a-z][a-z-]*)", re.MULTILINE)


def shown(page: Path) -> str:
    return str(page.relative_to(ROOT))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub forms them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings)


def leads_nowhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    return not file.exists() or bool(anchor and file.suffix == ".md" and anchor not in anchors(file))


def test_there_are_pages() -> None:
    assert len(PAGES) > 10


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if leads_nowhere(page, target)] == []


def test_a_link_to_a_missing_file_or_heading_is_found() -> None:
    page = ROOT / "README.md"
    assert leads_nowhere(page, "docs/nothing.md")
    assert leads_nowhere(page, "docs/pipeline.md#nothing")
    assert not leads_nowhere(page, "docs/pipeline.md#set-it-up")


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_make_target_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(_COMMAND.findall(page.read_text(encoding="utf-8"))) - set(targets) == set()


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_page_that_changes_a_stack_file_says_to_commit_it(page: Path) -> None:
    text = " ".join(page.read_text(encoding="utf-8").split())
    changes = re.search(r"pulumi -C \w+ config set (?!--secret)[^{`]+(`| --stack)", text)
    assert not changes or re.search(r"[Cc]ommit (it|the stack file)", text)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=shown)
def test_the_readme_links_to_every_page(page: Path) -> None:
    assert f"]({page.relative_to(ROOT)})" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_decisions_are_all_listed() -> None:
    index = ROOT / "docs" / "decisions" / "README.md"
    listed = set(_LINK.findall(index.read_text(encoding="utf-8")))
    assert {page.name for page in index.parent.glob("*.md")} - {"README.md"} <= listed
