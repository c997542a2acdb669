"""The one comment on a pull request that says what merging it would change."""

from collections.abc import Sequence
from typing import Final

from conducky.environment import variable
from conducky.github.actions import run_address
from conducky.github.api import GitHub
from conducky.github.markdown import code, folded
from conducky.github.redaction import redact
from conducky.pipeline.previews import Preview

MARK: Final = "<!-- conducky preview -->"


def preview_comment(stack: str, previews: Sequence[Preview]) -> str:
    """The comment: a line for each layer, and Pulumi's own words folded below it."""
    commit = (variable("GITHUB_SHA") or "")[:7]
    lines = [f"## What this would change in `{stack}`", *map(_section, previews), _footer(commit)]
    return redact("\n\n".join([MARK, *lines]))


def no_preview_comment(stack: str, reason: str) -> str:
    """The comment where nothing can be previewed at all."""
    return redact(f"{MARK}\n\n## What this would change in `{stack}`\n\nNothing is previewed: {reason}.")


def write_comment(github: GitHub, number: int, body: str) -> None:
    """Put it on the pull request: into the comment of before, where there is one."""
    for comment in github.comments(number):
        if str(comment.get("body", "")).startswith(MARK):
            github.change_comment(int(comment["id"]), body)
            return
    github.comment(number, body)


def _section(preview: Preview) -> str:
    if preview.state in {"absent", "unseen"}:
        return f"**{preview.layer}**: {preview.headline}. {preview.text[0].upper()}{preview.text[1:]}"
    return folded(f"<b>{preview.layer}</b>: {preview.headline}", code(preview.text))


def _footer(commit: str) -> str:
    address = run_address()
    source = f"[this run]({address})" if address else "`make preview`"
    return f"Commit {commit or 'unknown'}, from {source}. bootstrap is deployed by an admin, never by the pipeline."
