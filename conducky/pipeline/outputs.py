"""What a layer's stack exports."""

import json
from typing import Any, cast

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.errors import UserError


def exported(pulumi: PulumiCli, layer: str) -> dict[str, Any] | None:
    """The plain outputs of a layer, or None where it exports nothing because it was never deployed.

    Raises:
        UserError: Pulumi could not say.
    """
    text = pulumi.answer(layer, "stack", "output", "--json")
    try:
        found: object = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(
            f"the outputs of {layer} cannot be read: see what `{pulumi.shown(layer, 'stack output --json')}` prints"
        )
    return cast("dict[str, Any]", found) or None
