"""The words of CONTRIBUTING.md: none of the left-hand ones is in a page, a program, its comments or a workflow."""

import re
from pathlib import Path

import pytest

from conducky.repository import ROOT
from tools.tracked import tracked_files

_THINGS = r"(access )?(key|stack|role|user|policy|policies|repositor\w+|provider|environment|account)s?"
_THE = r"(an?|the|its|their|another|every|each|one|no|new)"
# What to write instead, by the pattern of what not to write.
WORDS: dict[str, str] = {
    r"mend(s|ed|ing)?": "fix, correct",
    r"(?<!-)stands? (in|on)(?! for)|stands? (encrypted|here|there|beside|below|above)": "is in, depends on",
    r"(?<!a )sentences?": "the message",
    r"whoever": "the person who, anyone who",
    r"anew": "again, re-",
    rf"(make|makes|made|making) ({_THE} )*{_THINGS}": "create",
    r"(is|are|turns?|goes|was) red": "fails",
    r"(is|are|was|were|be) told": "gets, receives in its environment",
    r"look(s|ed|ing)? at": "see, check",
    r"(goes|go|went|going) on": "continues, keeps serving",
    r"(take|takes|taken|took|taking) (\w+ )?back": "roll back, revoke",
    rf"(take|takes|taken|took|taking) (on ({_THE} )*roles?|one on|it on)": "assume",
    r"this machine": "your computer, locally",
    r"(?<!here )(is|are|was) no (?!longer|more|such|better|new|other)\w+('s)?": "is not a …",
    r"administrators? of (the|an) (AWS )?account": "AWS admin",
}
PATTERNS = {re.compile(rf"\b({words})\b", re.IGNORECASE): instead for words, instead in WORDS.items()}

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tools").glob("*/README.md")]
FOLDERS = {"conducky", "bootstrap", "platform", "services", "tools", "backend", "frontend"}
PROGRAMS = [
    file
    for file in tracked_files()
    if file.suffix in {".py", ".ts", ".tsx", ".mjs", ".sh"} and file.relative_to(ROOT).parts[0] in FOLDERS
]
OTHERS = [ROOT / "Makefile", *ROOT.glob("*/Dockerfile"), *(ROOT / ".github").rglob("*.yml")]
FILES = sorted([*PAGES, *PROGRAMS, *OTHERS])


def text(file: Path) -> str:
    """A file as it is; of CONTRIBUTING.md all but the table of words."""
    content = file.read_text(encoding="utf-8")
    if file.name != "CONTRIBUTING.md":
        return content
    before, table = content.split("## Words\n", 1)
    return before + table[table.index("\n## ") :]


def found(text: str) -> list[str]:
    flat = " ".join(text.split())
    return [f"{match[0]!r}: write {instead}" for words, instead in PATTERNS.items() for match in words.finditer(flat)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_it_is_in_plain_words(file: Path) -> None:
    assert found(text(file)) == []


@pytest.mark.parametrize(
    "text",
    [
        "mend the network",
        "the key stands in the settings",
        "see the sentence",
        "Whoever may push",
        "write it anew",
        "It makes no access key",
        "Make a stack",
        "a run is red",
        "the container is told its port",
        "look at the log",
        "it goes on serving",
        "take it back",
        "taken back",
        "take on the role",
        "on this machine",
        "`x`, which is no region's name",
        "an administrator of the account",
    ],
)
def test_these_are_found(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        "the stand-ins of the rehearsal",
        "there is no stack `prod`",
        "the old task is no longer registered",
        "make deploy",
        "an administrator invites people",
    ],
)
def test_these_are_fine(text: str) -> None:
    assert found(text) == []
