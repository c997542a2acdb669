"""Previews of every layer of one stack: as text, with a sentence where one cannot be made."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from conducky.deployment.pulumi_cli import CHANGES, PulumiCli
from conducky.pipeline.outputs import exported
from conducky.repository import LAYERS

_READS: Final = {"services": ("bootstrap", "platform")}
_EXPECTED = re.compile(r"^error: no changes were expected.*$", re.MULTILINE)
_DENIED = re.compile(r"AccessDenied|not authorized|UnauthorizedOperation", re.IGNORECASE)


@dataclass(frozen=True)
class Preview:
    """What previewing one layer gave.

    `state` is `unchanged`, `changes`, `failed`, `absent` (there is nothing to preview yet) or `unseen` (these
    credentials may not look at it). `text` is Pulumi's, or a sentence for the last two.
    """

    layer: str
    state: str
    text: str

    @property
    def headline(self) -> str:
        """Three words on it."""
        return {
            "unchanged": "no changes",
            "changes": ", ".join(counts(self.text)) or "changes",
            "failed": "the preview failed",
            "absent": "not previewed",
            "unseen": "not compared",
        }[self.state]


def preview_layers(pulumi: PulumiCli, options: Sequence[str] = (), layers: Sequence[str] = LAYERS) -> list[Preview]:
    """Preview each layer; none stops the others. `options` go to `pulumi preview`.

    Raises:
        UserError: something on this machine has to be mended first.
    """
    pulumi.require_language_host()
    deployed = {layer: exported(pulumi, layer) is not None for layer in LAYERS}
    return [_preview(pulumi, layer, deployed, options) for layer in layers]


def counts(text: str) -> list[str]:
    """What Pulumi counted at the end of a preview: `2 to update`, `1 to replace`."""
    tail = text.rpartition("Resources:")[2] if "Resources:" in text else ""
    found = re.findall(r"^\s*\S*\s*(\d+ to [\w-]+)", tail, re.MULTILINE)
    return [str(each) for each in found]


def _preview(pulumi: PulumiCli, layer: str, deployed: dict[str, bool], options: Sequence[str]) -> Preview:
    missing = [below for below in _READS.get(layer, ()) if not deployed[below]]
    if missing:
        below = missing[0]
        return Preview(
            layer,
            "absent",
            f"{layer} reads the outputs of {below}, which is not deployed yet: its preview comes once "
            f"{pulumi.selection.make('deploy', below)} was run.",
        )
    if not deployed[layer] and pulumi.answer(layer, "stack", "export") is None:
        who = "An admin makes it" if layer == "bootstrap" else "The first deployment makes it"
        return Preview(
            layer,
            "absent",
            f"the stack does not exist yet. {who}: {pulumi.selection.make('deploy', layer)}.",
        )
    code, said = pulumi.heard(layer, "preview", ["--diff", "--suppress-progress", "--expect-no-changes", *options])
    text = _EXPECTED.sub("", said).rstrip()
    if code == 0:
        return Preview(layer, "unchanged", text)
    if code == CHANGES:
        return Preview(layer, "changes", text)
    if layer == "bootstrap" and _DENIED.search(text):
        # It holds the rights of the one who deploys, which only an admin may always read.
        return Preview(layer, "unseen", "these credentials may not read all of it; an admin can: " + _by_hand(pulumi))
    return Preview(layer, "failed", text)


def _by_hand(pulumi: PulumiCli) -> str:
    return f"{pulumi.selection.make('preview', 'bootstrap')}."
