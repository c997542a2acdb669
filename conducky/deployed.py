"""What is deployed already: the last state of this stack and of those that it builds on, as a program reads it."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import invoke

from conducky.errors import UserError, quoted


def stack_name(layer: str) -> str:
    """The full name of a layer's stack beside the current one, such as `acme/conducky-platform/dev`."""
    return f"{pulumi.get_organization()}/conducky-{layer}/{pulumi.get_stack()}"


def stack_outputs(layer: str) -> Mapping[str, Any]:
    """What a layer's stack exported when it was last deployed.

    Raises:
        Exception: when there is no such stack; the SDK's bare one.
    """
    return invoke("pulumi:pulumi:readStackOutputs", {"name": stack_name(layer)}).value["outputs"]


def deployed_resource(token: str, name: str) -> Mapping[str, Any] | None:
    """The outputs of a resource of the current stack, by type token and name, as the state has it before this `up`.

    An `up` that was interrupted may have left it out, and one that failed may have changed it: unlike the exports, the
    state tells what the engine will compare with.
    """
    layer = pulumi.get_project().removeprefix("conducky-")
    found = invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": stack_name(layer)}).value["outputs"]
    for urn, resource in found.items():
        if resource["type"] == token and urn.rpartition("::")[2] == name:
            return resource["outputs"]
    return None


def refuse_to_move(layer: str, region: str) -> None:
    """Stop where the current stack of a layer is deployed to another region than AWS_REGION names.

    Names and ARNs would follow the variable and the resources would not: an admin's `up` of bootstrap would rewrite all
    policies for a region where nothing is.

    Raises:
        UserError: when it is deployed elsewhere.
    """
    try:
        deployed = stack_outputs(layer).get("region", region)
    except Exception:  # noqa: BLE001  # as above: a stack that was never deployed may go anywhere
        return
    if deployed != region:
        raise UserError(
            f"{layer}/{pulumi.get_stack()} is deployed to {quoted(deployed)}, but AWS_REGION is {region}",
            f"run `export AWS_REGION={deployed}`; to move a stack, run `pulumi destroy` in its layers there first",
        )
