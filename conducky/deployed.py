"""What is deployed already: the last state of this stack and of those that it builds on, as a program reads it."""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import pulumi
from pulumi.runtime import invoke

from conducky.errors import UserError, quoted

_ATTEMPTS = 10
_PAUSE = 0.2  # seconds
# Of one run of a program: another one in the same process, as in tests and prices, has a context of its own.
_ANSWERS: ContextVar[dict[str, Mapping[str, Any]]] = ContextVar("_ANSWERS")


def stack_name(layer: str) -> str:
    """The full name of a layer's stack beside the current one, such as `acme/conducky-platform/dev`."""
    return f"{pulumi.get_organization()}/conducky-{layer}/{pulumi.get_stack()}"


def stack_outputs(layer: str) -> Mapping[str, Any]:
    """What a layer's stack exported last. Raises the SDK's bare Exception when there is no such stack."""
    return _read("pulumi:pulumi:readStackOutputs", {"name": stack_name(layer)})


def last_outputs() -> Mapping[str, Any]:
    """What the current stack exported when its last `up` succeeded; nothing before the first."""
    try:
        return _read_own_state("pulumi:pulumi:readStackOutputs", "name")
    except Exception:  # noqa: BLE001  # the SDK's bare exception
        return {}


def deployed_resources(token: str) -> Mapping[str, Mapping[str, Any]]:
    """The outputs of the current stack's resources of a type, by name, as the state has them before this `up`.

    An `up` that was interrupted may have left one out, and one that failed may have changed it: unlike the exports, the
    state tells what the engine will compare with. To be called before anything is registered. Raises Exception when the
    state cannot be read; the SDK's bare one.
    """
    found = _read_own_state("pulumi:pulumi:readStackResourceOutputs", "stackName")
    return {
        urn.rpartition("::")[2]: resource["outputs"] for urn, resource in found.items() if resource["type"] == token
    }


def read_by_an_earlier_release(token: str, name: str) -> bool:
    """Whether the current stack holds this resource, and services still run a release that reads it.

    That is a release from before parameters had their application's name; it exports no `database_url_parameter_arn`.
    To be called before anything is registered. Raises Exception when a state cannot be read; the SDK's bare one.
    """
    if name not in deployed_resources(token):
        return False
    try:
        released = stack_outputs("services")
    except Exception as error:  # the SDK's bare exception
        if "unknown stack" in str(error):
            return False
        raise
    return bool(released) and "database_url_parameter_arn" not in released


def _read_own_state(function: str, argument: str) -> Mapping[str, Any]:
    """What the state had when this run of the program first asked; an answer is all of it, from Pulumi Cloud."""
    answers = _ANSWERS.get(None)
    if answers is None:
        _ANSWERS.set(answers := {})
    if function not in answers:
        answers[function] = _read_when_written(function, argument)
    return answers[function]


def _read_when_written(function: str, argument: str) -> Mapping[str, Any]:
    """A state in files is not readable in the moments in which the engine writes it. A new stack has none."""
    stack = {argument: stack_name(pulumi.get_project().removeprefix("conducky-"))}
    for _ in range(_ATTEMPTS - 1):
        try:
            return _read(function, stack)
        except Exception as error:  # noqa: BLE001  # the SDK's bare exception
            if "unknown stack" in str(error):
                return {}
            time.sleep(_PAUSE)
    return _read(function, stack)


def _read(function: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
    return invoke(function, dict(arguments)).value["outputs"]


def refuse_to_move(layer: str, prefix: str, region: str) -> None:
    """Raise UserError where the current stack of a layer is deployed under another name, or to another region.

    Names and ARNs would follow the setting and the variable, and the resources would not: an admin's `up` of bootstrap
    would rewrite all policies for a region where nothing is, or fail at the boundary that the tasks' roles still carry.
    """
    stack, deployed = f"{layer}/{pulumi.get_stack()}", last_outputs()
    if (there := deployed.get("region", region)) != region:
        raise UserError(
            f"{stack} is deployed to {quoted(there)}, but AWS_REGION is {region}",
            f"run `export AWS_REGION={there}`; to move a stack, run `pulumi destroy` in its layers there first",
        )
    if (named := str(deployed.get("name_prefix", prefix))) != prefix:
        project = named.split("-", maxsplit=1)[0]
        raise UserError(
            f"{stack} is deployed with the prefix {quoted(named)}, but the setting `projectName` makes it `{prefix}`",
            f"run `pulumi -C {layer} config set projectName {project} --stack {pulumi.get_stack()}`; to rename a "
            "stack, run `pulumi destroy` in its layers first",
        )
