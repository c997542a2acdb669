"""What must not be destroyed yet: what other layers depend on, and what is protected."""

from collections.abc import Iterable, Mapping

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import StackState
from conducky.errors import UserError
from conducky.repository import LAYERS


def layers_above(layers: Iterable[str]) -> tuple[str, ...]:
    """The layers that depend on these and are not among them, the uppermost first."""
    lowest = min(LAYERS.index(layer) for layer in layers)
    return tuple(layer for layer in reversed(LAYERS[lowest:]) if layer not in layers)


def refuse_what_others_depend_on(selection: Selection, states: Mapping[str, StackState | None]) -> None:
    """Pulumi itself would remove what a layer depends on, which could then not even be destroyed cleanly.

    Raises:
        UserError: when a layer above the selected ones still holds something.
    """
    for layer in layers_above(selection.layers):
        state = states[layer]
        if state is not None and state.count:
            raise UserError(
                f"nothing was removed: {layer}/{selection.stack} depends on {selection.layers[0]} and still has "
                f"{in_words(state.count)}",
                f"run {selection.make('destroy', layer)} first",
            )


def refuse_what_is_protected(pulumi: PulumiCli, states: Mapping[str, StackState | None]) -> None:
    """AWS would refuse only once half of the rest is gone.

    Raises:
        UserError: when platform is selected, and its database or a load balancer is protected.
    """
    selection = pulumi.selection
    platform = states["platform"] if "platform" in selection.layers else None
    if platform is not None and platform.protected:
        raise UserError(
            f"nothing was removed: {' and '.join(platform.protected)} of platform/{selection.stack} "
            f"{'is' if len(platform.protected) == 1 else 'are'} protected against deletion",
            f"run `{pulumi.shown('platform', 'config set deletionProtection false')}` and "
            f"{selection.make('deploy', 'platform')} first",
        )


def in_words(count: int) -> str:
    """A number of resources."""
    return "1 resource" if count == 1 else f"{count} resources"
