"""`conducky pipeline drift`: where AWS differs from the programs although nobody deployed, in one issue on GitHub."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.github import actions, code, folded, redact
from conducky.github.api import LONGEST_BODY, GitHub
from conducky.pipeline.previews import Preview, fail_for, preview_layers

TITLE: Final = "Drift: AWS differs from the programs"
OPTIONS: Final = ("--refresh", "--run-program")

_MARK: Final = "<!-- conducky drift -->"
_INTRODUCTION: Final = (
    f"{_MARK}\n\n"
    "A preview with refresh found differences although nothing was deployed. If somebody changed AWS by hand, make the "
    "same change in the program, or undo it with `make deploy STACK=…`. If a merge was never deployed, run the Deploy "
    "workflow. This issue is updated, and closed once nothing differs; see docs/pipeline-failures.md."
)
_DIFFERENT: Final = {"changes", "failed"}  # or could not be compared
_LONGEST_DIFF: Final = 6_000  # characters; three layers of three stacks fit into one issue
_TOO_LONG: Final = (
    "The differences of all stacks are too long for one issue; those of this stack are in the log of the run."
)
_SECTION = re.compile(r"<!-- stack (\w+) -->.*?<!-- end \1 -->", re.DOTALL)


def drift(stack: str, say: Callable[[str], None]) -> None:
    """Compare each layer with AWS, and update the issue. Raises UserError: a difference, or a step that failed."""
    github = GitHub()
    previews = preview_layers(PulumiCli(Selection.of(stack, None)), OPTIONS)
    for each in previews:
        say(f"» {each.layer}: {each.headline}\n{actions.harmless(redact(each.text))}")
    number = keep_issue(github, stack, previews)
    lines = "\n".join(f"- {each.layer}: {each.headline}" for each in previews)
    actions.add_to_summary(f"### {stack}{f' (issue #{number})' if number else ''}\n\n{lines}")
    fail_for([each for each in previews if each.state == "failed"], f"{stack}: the comparison of", "failed")
    fail_for([each for each in previews if each.state == "changes"], f"{stack}:", "differs from AWS")


def keep_issue(github: GitHub, stack: str, previews: Sequence[Preview]) -> int | None:
    """Open, change or close the one issue; returns its number, or None if there was none and is none."""
    existing = next((each for each in github.issues() if str(each.get("body") or "").startswith(_MARK)), None)
    section = _section(stack, previews) if any(each.state in _DIFFERENT for each in previews) else None
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
    """All sections, and the longest ones without their differences where GitHub would not take the whole."""
    kept = dict(sections)

    def whole() -> str:
        return "\n\n".join([_INTRODUCTION, *(kept[stack] for stack in sorted(kept))])

    for stack in sorted(sections, key=lambda each: len(sections[each]), reverse=True):
        if len(whole()) > LONGEST_BODY:
            kept[stack] = "\n\n".join([*sections[stack].split("\n\n")[:3], _TOO_LONG, f"<!-- end {stack} -->"])
    return whole()


def _section(stack: str, previews: Sequence[Preview]) -> str:
    parts = [f"<!-- stack {stack} -->", f"## {stack}", f"Found{_run()}."]
    for preview in previews:
        if preview.state in _DIFFERENT:
            text = preview.text
            if len(text) > _LONGEST_DIFF:
                text = f"{text[:_LONGEST_DIFF]}\n… the rest is in the log of the run"
            parts.append(folded(f"<b>{preview.layer}</b>: {preview.headline}", code(text)))
        else:
            parts.append(f"{preview.layer}: {preview.headline}")
    return redact("\n\n".join([*parts, f"<!-- end {stack} -->"]))


def _run() -> str:
    address = actions.run_address()
    return f" by [this run]({address})" if address else ""
