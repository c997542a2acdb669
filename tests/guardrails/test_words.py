"""The words of CONTRIBUTING.md: none of the left-hand ones is in a page, a message, a command's help or a workflow."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conducky.repository import ROOT

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
PYTHON = [
    file for folder in ("conducky", "bootstrap", "platform", "services") for file in (ROOT / folder).rglob("*.py")
]
OTHERS = [ROOT / "Makefile", *(ROOT / ".github").rglob("*.yml")]
FILES = sorted([*PAGES, *PYTHON, *OTHERS])


def texts(file: Path) -> Iterator[str]:
    """What people read in a file: a page without the table of words, a module's messages and commands' help."""
    content = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        yield from messages(content, docstrings="cli" in file.parts)
    elif file.name == "CONTRIBUTING.md":
        before, table = content.split("## Words\n", 1)
        yield from (before, table[table.index("\n## ") :])
    else:
        yield content


def messages(source: str, *, docstrings: bool) -> Iterator[str]:
    """Every text in a module; docstrings only where they are a command's help."""
    tree = ast.parse(source)
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, described) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and (docstrings or id(node) not in documentation)
        ):
            yield node.value


def found(text: str) -> list[str]:
    flat = " ".join(text.split())
    return [f"{match[0]!r}: write {instead}" for words, instead in PATTERNS.items() for match in words.finditer(flat)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_it_is_in_plain_words(file: Path) -> None:
    assert [problem for text in texts(file) for problem in found(text)] == []


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


def test_a_docstring_counts_only_as_help() -> None:
    source = '"""Mend."""\n\ndef f():\n    """Mend."""\n    raise ValueError(f"mend {1}")\n'
    assert list(messages(source, docstrings=False)) == ["mend "]
    assert list(messages(source, docstrings=True)).count("Mend.") == 2
