"""`conducky pipeline preview`: every layer of one stack, previewed into one comment on the pull request."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from conducky.cost.pull_request import cost_of_merging
from conducky.deployment.pulumi_cli import CHANGES, WITHOUT_REFRESH, PulumiCli
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import exported
from conducky.environment import variable
from conducky.errors import UserError
from conducky.github import actions, code, folded, redact
from conducky.github.api import GitHub, pull_request_number
from conducky.pipeline.requirements import PREVIEW, PREVIEW_ROLE, Needed, in_words, missing_for
from conducky.repository import LAYERS, READS
from conducky.secret_values import secrets_of

MARK: Final = "<!-- conducky preview -->"

_EXPECTED = re.compile(r"^error: no changes were expected.*$", re.MULTILINE)
_DENIED = re.compile(r"AccessDenied|not authorized|UnauthorizedOperation", re.IGNORECASE)


@dataclass(frozen=True)
class Preview:
    """The preview of one layer.

    `state` is `unchanged`, `changes`, `failed`, `absent` (there is nothing to preview yet) or `unseen` (these
    credentials are not allowed to read it). `text` is Pulumi's, or an explanation for the last two.
    """

    layer: str
    state: str
    text: str

    @property
    def headline(self) -> str:
        """The result in a few words."""
        return {
            "unchanged": "no changes",
            "changes": ", ".join(counts(self.text)) or "changes",
            "failed": "the preview failed",
            "absent": "not previewed",
            "unseen": "not compared",
        }[self.state]


def preview(stack: str, say: Callable[[str], None]) -> None:
    """Preview each layer into the one comment. If GitHub lacks something for it, the comment says so; nothing fails.

    Raises UserError when a preview failed, or GitHub refused the comment.
    """
    github, number = GitHub(), pull_request_number()
    missing = missing_for(stack, role=PREVIEW_ROLE)
    secrets = secrets_of(stack)
    if any(each.name not in secrets for each in missing):
        write_comment(github, number, no_preview_comment(stack, _lacking(missing), cost_of_merging(stack)))
        say(f"nothing is previewed: {_lacking(missing)}")
        return
    layers = [layer for layer in LAYERS if layer != "services" or not missing]
    previews = preview_layers(PulumiCli(Selection.of(stack, None)), layers=layers)
    if missing:
        previews.append(Preview("services", "absent", f"{_lacking(missing)}."))
    for each in previews:
        say(f"» {each.layer}: {each.headline}\n{actions.harmless(redact(each.text))}")
    write_comment(github, number, preview_comment(stack, previews, cost_of_merging(stack)))
    fail_for([each for each in previews if each.state == "failed"], "the preview of", "failed")


def fail_for(previews: Sequence[Preview], before: str, after: str) -> None:
    """Raise a UserError that names these layers, if there are any."""
    if previews:
        layers = " and ".join(each.layer for each in previews)
        raise UserError(f"{before} {layers} {after}", "see above, and docs/pipeline-failures.md")


def preview_layers(
    pulumi: PulumiCli, options: Sequence[str] = (WITHOUT_REFRESH,), layers: Sequence[str] = LAYERS
) -> list[Preview]:
    """Preview each layer with `options`; none stops the others. Raises UserError when something is wrong locally."""
    pulumi.require_language_host()
    deployed = {layer: exported(pulumi, layer) is not None for layer in LAYERS}
    return [_preview(pulumi, layer, deployed, options) for layer in layers]


def counts(text: str) -> list[str]:
    """What Pulumi counted at the end of a preview: `2 to update`, `1 to replace`."""
    tail = text.rpartition("Resources:")[2] if "Resources:" in text else ""
    found = re.findall(r"^\s*\S*\s*(\d+ to [\w-]+)", tail, re.MULTILINE)
    return [str(each) for each in found]


def preview_comment(stack: str, previews: Sequence[Preview], cost: str) -> str:
    """The comment: a line for each layer, with Pulumi's own output folded below it, and the paragraph about cost."""
    lines = [f"## What this would change in `{stack}`", *map(_section, previews), cost, _footer()]
    return redact("\n\n".join([MARK, *lines]))


def no_preview_comment(stack: str, reason: str, cost: str) -> str:
    """The comment when nothing can be previewed at all; the cost is estimated without AWS."""
    return redact(f"{MARK}\n\n## What this would change in `{stack}`\n\nNothing is previewed: {reason}.\n\n{cost}")


def write_comment(github: GitHub, number: int, body: str) -> None:
    """Put it on the pull request, into the earlier comment if there is one."""
    for comment in github.comments(number):
        if str(comment.get("body", "")).startswith(MARK):
            github.change_comment(int(comment["id"]), body)
            return
    github.comment(number, body)


def _preview(pulumi: PulumiCli, layer: str, deployed: dict[str, bool], options: Sequence[str]) -> Preview:
    missing = next((below for below in READS[layer] if not deployed[below]), None)
    if missing:
        deploy = pulumi.selection.make("deploy", missing)
        return Preview(
            layer,
            "absent",
            f"{layer} reads the outputs of {missing}, which is not deployed yet: run {deploy} to have a preview.",
        )
    if not deployed[layer] and pulumi.query(layer, "stack", "export") is None:
        creator = "An AWS admin creates it" if layer == "bootstrap" else "The first deployment creates it"
        deploy = pulumi.selection.make("deploy", layer)
        return Preview(layer, "absent", f"the stack does not exist yet. {creator}: {deploy}.")
    code, output = pulumi.run_quietly(
        layer, "preview", ["--diff", "--suppress-progress", "--expect-no-changes", *options]
    )
    text = _EXPECTED.sub("", output).rstrip()
    if code == 0:
        return Preview(layer, "unchanged", text)
    if code == CHANGES:
        return Preview(layer, "changes", text)
    if layer == "bootstrap" and _DENIED.search(text):
        # It holds the permissions of the deployer itself, which only an admin is always allowed to read.
        by_hand = pulumi.selection.make("preview", "bootstrap")
        return Preview(
            layer, "unseen", f"these credentials are not allowed to read all of it. An AWS admin can run {by_hand}."
        )
    return Preview(layer, "failed", text)


def _section(preview: Preview) -> str:
    if preview.state in {"absent", "unseen"}:
        return f"**{preview.layer}**: {preview.headline}. {preview.text[0].upper()}{preview.text[1:]}"
    return folded(f"<b>{preview.layer}</b>: {preview.headline}", code(preview.text))


def _footer() -> str:
    commit = (variable("GITHUB_SHA") or "unknown")[:7]
    address = actions.run_address()
    source = f"[this run]({address})" if address else "`make preview`"
    return f"Commit {commit}, from {source}. bootstrap is deployed by an AWS admin, never by the pipeline."


def _lacking(missing: Sequence[Needed]) -> str:
    # The role's name also switches previews on, which a job reads before it has an environment.
    commands = ", ".join(each.command(None if each.name == PREVIEW_ROLE else PREVIEW) for each in missing)
    return f"GitHub has no {in_words(missing)} for previews (an admin of the repository runs {commands})"
