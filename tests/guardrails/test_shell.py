"""What macOS has: bash 3.2, BSD's tools and make 3.81. shellcheck holds the scripts of `sh` to POSIX."""

import re

import pytest

from conducky.repository import ROOT
from tools.tracked import tracked_files

NEWER_BASH = {
    "associative arrays": r"\b(declare|local|typeset) -\w*A",
    "references": r"\b(declare|local|typeset) -\w*n",
    "mapfile and readarray": r"\b(mapfile|readarray)\b",
    "upper and lower case": r"\$\{\w+(\[[^]]*\])?(\^|,)",
    "how a value would be quoted": r"\$\{\w+@[A-Za-z]\}",
    "negative indexes": r"\$\{\w+\[-\d",
    "|& and &>>": r"\|&|&>>",
    "fall through in case": r";;?&",
    "coprocesses": r"\bcoproc\b",
    "globstar and lastpipe": r"\bshopt -s \w*(globstar|lastpipe)",
    "wait for the next": r"\bwait -n\b",
    "the clock": r"\bEPOCHSECONDS\b|\bprintf '?%\(",
    "whether it is set": r"\[\[? -[vR] ",
}
GNU_TOOLS = {
    "sed -i": r"\bsed (-\w+ )*-i\b",
    "readlink -f": r"\breadlink -f\b",
    "date -d": r"\bdate (-\w+ )*-d\b",
    "stat -c": r"\bstat (-\w+ )*(-c|--format)\b",
    "grep -P": r"\bgrep -\w*P",
    "sha256sum": r"\b(sha\d+|md5)sum\b",
    "find -printf": r"\bfind\b.*-printf",
    "xargs -r": r"\bxargs (-\w+ )*-\w*r",
    "cp -a": r"\bcp -\w*[aT]",
    "sort -V": r"\bsort (-\w+ )*-\w*V",
    "timeout": r"(^|[;&|(] *)timeout ",
    "nproc": r"\bnproc\b",
}
# These run only where apt is, or in an image
ON_LINUX = {"tools/container-engine", "tests/applications/stand-in-image"}


def scripts() -> dict[str, str]:
    """The shell scripts of the repository, each by its path."""
    named = [file for file in tracked_files() if file.suffix in ("", ".sh")]
    texts = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8", errors="ignore") for file in named}
    return {name: text for name, text in texts.items() if re.match(r"#!.*\b(ba)?sh\b", text)}


def newer(text: str, what: dict[str, str]) -> list[str]:
    code = re.sub(r"(^|\s)#.*", r"\1", text)
    return [name for name, pattern in what.items() if re.search(pattern, code, re.MULTILINE)]


def test_no_script_needs_a_newer_bash_or_gnus_tools() -> None:
    found = {name: newer(text, NEWER_BASH | GNU_TOOLS) for name, text in scripts().items() if name not in ON_LINUX}
    assert {"tools/setup", "tools/browser", ".ci/run", "backend/entrypoint.sh"} <= set(found)
    assert {name: what for name, what in found.items() if what} == {}


def test_the_makefile_needs_no_newer_make_and_no_gnu_tools() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    since_3_82 = {
        "ONESHELL": r"^\.ONESHELL",
        "$(file …)": r"\$\(file ",
        "$(let …)": r"\$\(let ",
        "!=": r"^\w+ *!=",
        "::=": r"::=",
        "undefine": r"^undefine",
        "grouped targets": r"^[^\t#]*&:",
    }
    assert newer(text, GNU_TOOLS | since_3_82) == []


@pytest.mark.parametrize(
    "line",
    [
        "declare -A seen",
        "mapfile -t lines <file",
        "echo ${name,,}",
        "build |& tee log",
        "[[ -v HOME ]]",
        "wait -n",
        "sed -i s/a/b/ file",
        "readlink -f .",
        "seconds=$(date -u -d yesterday +%s)",
        "echo | sha256sum",
        "timeout 5 make",
    ],
)
def test_what_macos_lacks_is_found(line: str) -> None:
    assert newer(line, NEWER_BASH | GNU_TOOLS)
