"""Which stack, and which of its layers, a command works on."""

import re
from dataclasses import dataclass

from conducky.environment import variable
from conducky.errors import UserError, quoted
from conducky.repository import LAYERS, require_possible

# Bootstrap needs an AWS admin, so it is selected by name only.
_EVERYDAY = ("platform", "services")

_ORGANISATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Selection:
    """One stack, and one layer of it or (None) the everyday ones; `organisation` owns it in Pulumi Cloud."""

    stack: str
    layer: str | None = None
    organisation: str | None = None

    @classmethod
    def of(cls, stack: str, layer: str | None) -> "Selection":
        """The selection, in PULUMI_ORG; a blank layer counts as none. Raises UserError when a name is not possible."""
        require_possible(stack)
        if layer and layer not in LAYERS:
            raise UserError(
                f"there is no layer {quoted(layer)}", "write LAYER=bootstrap, LAYER=platform or LAYER=services"
            )
        organisation = variable("PULUMI_ORG")
        if organisation and not _ORGANISATION.fullmatch(organisation):
            raise UserError(
                f"PULUMI_ORG is {quoted(organisation)}, which is not a valid organisation",
                "run `export PULUMI_ORG=NAME` with the name in your Pulumi Cloud address, or `unset PULUMI_ORG`",
            )
        return cls(stack, layer or None, organisation)

    @property
    def layers(self) -> tuple[str, ...]:
        """In the order in which they deploy."""
        return (self.layer,) if self.layer else _EVERYDAY

    @property
    def name(self) -> str:
        """The stack as `pulumi --stack` takes it."""
        return f"{self.organisation}/{self.stack}" if self.organisation else self.stack

    def make(self, target: str, layer: str | None = None) -> str:
        """The command for this stack, as a message shows it: `make deploy STACK=dev LAYER=platform`."""
        return f"`make {target} STACK={self.stack}{f' LAYER={layer}' if layer else ''}`"
