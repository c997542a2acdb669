"""What no deployment of a protected stack deletes by the way: its database, its logs and its addresses."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console

from conducky.deployment.pulumi_cli import WITHOUT_REFRESH, PulumiCli
from conducky.deployment.stack_state import exported
from conducky.errors import UserError
from conducky.settings.offline import platform_settings
from conducky.terminal import say

_KEPT: Final = {
    "aws:cloudfront/distribution:Distribution": "distribution",
    "aws:cloudwatch/logGroup:LogGroup": "log group",
    "aws:lb/loadBalancer:LoadBalancer": "load balancer",
    "aws:rds/instance:Instance": "database",
    "aws:s3/bucket:Bucket": "bucket",
}
_GONE: Final = frozenset({"delete", "delete-replaced", "discard-replaced", "replace"})
_NOT_FOR_PREVIEWS: Final = frozenset({"--yes", "-y", "--skip-preview", "-f"})
_WITH_A_FILE: Final = "--event-log"


def refuse_deletion(pulumi: PulumiCli, layer: str, options: Sequence[str], console: Console) -> None:
    """Stop before an `up` that would delete one of these of a protected stack.

    AWS denies it to the deployer anyway, but only once other changes are made. A preview that fails says nothing here:
    the `up` fails in the same way, and says why. Raises UserError when it would; nothing is changed then.
    """
    stack = pulumi.selection.stack
    if layer == "bootstrap" or not _is_protected(pulumi, stack, console):
        return
    try:
        text = pulumi.query(layer, "preview", "--json", WITHOUT_REFRESH, *_for_a_preview(options))
        steps: list[Mapping[str, Any]] = json.loads(text or "{}").get("steps") or []
    except (UserError, ValueError):
        return
    # A database that a restored one has replaced leaves the state only.
    gone = [_named(step) for step in steps if step.get("op") in _GONE and not _stays(step)]
    going = [f"{_KEPT[kind]} {name}" for kind, name in gone if kind in _KEPT]
    if going:
        raise UserError(
            f"nothing was changed: {stack} is protected, and this deployment of {layer} would delete the "
            f"{' and the '.join(dict.fromkeys(going))}",
            f"if that is meant, run `make deploy STACK={stack} LAYER={layer} ARGS=--allow-deletion` as an AWS admin or "
            "with the role that bootstrap exports as `destroy_role_arn`",
        )


def _is_protected(pulumi: PulumiCli, stack: str, console: Console) -> bool:
    """By platform's settings, or still by what bootstrap gave the deployer."""
    asked = platform_settings(stack, pulumi.root).deletion_protection
    given = (exported(pulumi, "bootstrap") or {}).get("is_protected")
    if asked and given is False:
        say(
            console,
            f"{stack} is protected since bootstrap was last deployed, so the deployer can still delete its data: run "
            f"`make deploy STACK={stack} LAYER=bootstrap` as an AWS admin",
        )
    return asked or given is True


def _for_a_preview(options: Sequence[str]) -> list[str]:
    kept: list[str] = []
    words = iter(options)
    for word in words:
        if word == _WITH_A_FILE:
            next(words, None)
        elif word not in _NOT_FOR_PREVIEWS and not word.startswith(f"{_WITH_A_FILE}="):
            kept.append(word)
    return kept


def _stays(step: Mapping[str, Any]) -> bool:
    before: Mapping[str, Any] = step.get("oldState") or {}
    return before.get("retainOnDelete") is True


def _named(step: Mapping[str, Any]) -> tuple[str, str]:
    """Type and name of the resource, from its URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`."""
    kinds, _, name = str(step.get("urn", "")).partition("::")[2].partition("::")[2].partition("::")
    return kinds.rsplit("$", 1)[-1], name
