"""Drift: what differs between the programs and AWS although nobody deployed. One issue holds it, a section a stack."""

import re
from collections.abc import Sequence
from typing import Final

from conducky.github.actions import run_address
from conducky.github.api import LONGEST_BODY, GitHub
from conducky.github.markdown import code, folded
from conducky.github.redaction import redact
from conducky.pipeline.previews import Preview

TITLE: Final = "Drift: AWS is not as the programs say"
OPTIONS: Final = ("--refresh", "--run-program")

_MARK: Final = "<!-- conducky drift -->"
_INTRODUCTION: Final = (
    f"{_MARK}\n\n"
    "A preview with refresh found differences although nothing was deployed. If somebody changed AWS by hand, put it "
    "into the program or run `make deploy`; if a merge was never deployed, run the Deploy workflow. This issue is kept "
    "by the Drift workflow and closed by it once there is none left; see docs/pipeline.md."
)
_LONGEST_DIFF: Final = 6_000  # characters; three layers of three stacks fit into one issue
_SECTION = re.compile(r"<!-- stack (\w+) -->.*?<!-- end \1 -->", re.DOTALL)


def has_drift(previews: Sequence[Preview]) -> bool:
    """Whether any layer differs, or could not be compared."""
    return any(preview.state in {"changes", "failed"} for preview in previews)


def keep_issue(github: GitHub, stack: str, previews: Sequence[Preview]) -> int | None:
    """Open, change or close the one issue; returns its number, or None where there is and was no drift."""
    existing = next((each for each in github.issues() if str(each.get("body") or "").startswith(_MARK)), None)
    section = _section(stack, previews) if has_drift(previews) else None
    if existing is None:
        return github.open_issue(TITLE, _body({stack: section})) if section else None
    number = int(existing["number"])
    sections = {match[1]: match[0] for match in _SECTION.finditer(str(existing["body"]))}
    sections.pop(stack, None)
    if section:
        sections[stack] = section
    if sections:
        github.change_issue(number, body=_body(sections))
    else:
        github.comment(number, f"No drift is left in any stack{_run()}.")
        github.change_issue(number, state="closed")
    return number


def _body(sections: dict[str, str]) -> str:
    return "\n\n".join([_INTRODUCTION, *(sections[stack] for stack in sorted(sections))])[:LONGEST_BODY]


def _section(stack: str, previews: Sequence[Preview]) -> str:
    parts = [f"<!-- stack {stack} -->", f"## {stack}", f"Found{_run()}."]
    for preview in previews:
        if preview.state in {"changes", "failed"}:
            text = preview.text
            if len(text) > _LONGEST_DIFF:
                text = f"{text[:_LONGEST_DIFF]}\n… the rest is in the log of the run"
            parts.append(folded(f"<b>{preview.layer}</b>: {preview.headline}", code(text)))
        else:
            parts.append(f"{preview.layer}: {preview.headline}")
    return redact("\n\n".join([*parts, f"<!-- end {stack} -->"]))


def _run() -> str:
    address = run_address()
    return f" by [this run]({address})" if address else ""
