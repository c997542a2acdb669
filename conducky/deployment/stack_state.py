"""What Pulumi's state says about a stack: the resources it holds, and the outputs it exports."""

import json
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, Field, ValidationError

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.errors import UserError

_GUARDS = ("deletionProtection", "enableDeletionProtection")  # of a database, of a load balancer


class Resource(BaseModel):
    """A resource as `pulumi stack export` writes it."""

    urn: str
    type: str
    custom: bool = False
    external: bool = False
    protect: bool = False
    inputs: dict[str, object] = Field(default_factory=dict)
    outputs: dict[str, object] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name it has in the program."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def counts(self) -> bool:
        """Whether it is something in AWS: not Pulumi's own, not a group of others, and not only read."""
        return self.custom and not self.external and not self.type.startswith("pulumi:")

    @property
    def is_protected(self) -> bool:
        """Whether Pulumi or AWS would refuse to delete it, as last applied or as last asked for."""
        return self.protect or any(
            properties.get(guard) is True for properties in (self.inputs, self.outputs) for guard in _GUARDS
        )


class _Deployment(BaseModel):
    resources: list[Resource] | None = None


class _Export(BaseModel):
    deployment: _Deployment | None = None


@dataclass(frozen=True)
class StackState:
    """The resources of one layer's stack; secrets among their values are still encrypted."""

    layer: str
    resources: tuple[Resource, ...]

    @property
    def count(self) -> int:
        """How many things in AWS."""
        return sum(resource.counts for resource in self.resources)

    @property
    def protected(self) -> list[str]:
        """The names of those that cannot be deleted as they are."""
        return [resource.name for resource in self.resources if resource.counts and resource.is_protected]


def read_state(pulumi: PulumiCli, layer: str) -> StackState | None:
    """What the layer's stack holds, or None where there is no such stack. Raises UserError when Pulumi fails."""
    text = pulumi.query(layer, "stack", "export")
    if text is None:
        return None
    try:
        deployment = _Export.model_validate_json(text).deployment
    except ValidationError:
        # Without pydantic's words: they quote the state.
        raise UserError(
            f"the state of {layer} cannot be read", f"see what `{pulumi.shown(layer, 'stack export')}` prints"
        ) from None
    return StackState(layer, tuple((deployment and deployment.resources) or ()))


def exported(pulumi: PulumiCli, layer: str) -> dict[str, Any] | None:
    """The plain outputs of a layer, or None where it was never deployed. Raises UserError when Pulumi fails."""
    text = pulumi.query(layer, "stack", "output", "--json")
    try:
        found: object = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UserError(
            f"the outputs of {layer} cannot be read", f"see what `{pulumi.shown(layer, 'stack output --json')}` prints"
        )
    return cast("dict[str, Any]", found) or None
