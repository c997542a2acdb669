"""Pages whose tables are generated between markers; everything else on them is written by hand.

A generated part of a page is what is between the lines `<!-- begin generated: NAME -->` and `<!-- end generated -->`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from conducky.errors import UserError

_BEGIN = re.compile(r"<!-- begin generated: ([\w-]+) -->")
_END = "<!-- end generated -->"


def with_generated_parts(text: str, parts: Mapping[str, str], page: Path) -> str:
    """The text of a page with each of its generated parts replaced.

    Raises:
        UserError: when a marker is missing, occurs twice or is not known; nothing is replaced then.
    """
    lines: list[str] = []
    seen: set[str] = set()
    current = ""
    for line in text.splitlines():
        begin = _BEGIN.fullmatch(line.strip())
        if begin and current:
            break
        if begin:
            current = begin[1]
            _check_name(current, parts, seen, page)
            lines += [line, "", parts[current].rstrip(), ""]
            seen.add(current)
        elif line.strip() == _END:
            if not current:
                raise UserError(
                    f"{page} has a line `{_END}` without a beginning",
                    f"add the line `<!-- begin generated: NAME -->` above it in {page}, or remove it",
                )
            current = ""
            lines.append(line)
        elif not current:
            lines.append(line)
    if current:
        raise UserError(
            f"the generated part `{current}` of {page} has no end", f"add the line `{_END}` below it in {page}"
        )
    for name in parts:
        if name not in seen:
            raise UserError(
                f"{page} lacks the generated part `{name}`",
                f"add the lines `<!-- begin generated: {name} -->` and `{_END}` where it belongs in {page}, "
                "then run `make docs`",
            )
    return "\n".join(lines) + "\n"


def write_generated_parts(root: Path, page: Path, parts: Mapping[str, str]) -> Path:
    """Replace the generated parts of a page in a repository, and return the file.

    Raises:
        UserError: when there is no such page, or its markers are wrong; the page is left as it is.
    """
    file = root / page
    if not file.is_file():
        raise UserError(f"{page} is missing", f"run `git checkout -- {page}`")
    text = with_generated_parts(file.read_text(encoding="utf-8"), parts, page)
    file.write_text(text, encoding="utf-8")
    return file


def _check_name(name: str, parts: Mapping[str, str], seen: set[str], page: Path) -> None:
    if name not in parts:
        known = ", ".join(f"`{each}`" for each in parts)
        raise UserError(
            f"{page} asks for the generated part `{name}`, which does not exist",
            f"use one of {known} in {page}, or remove the lines between its markers",
        )
    if name in seen:
        raise UserError(f"{page} has the generated part `{name}` twice", f"remove one of them from {page}")
