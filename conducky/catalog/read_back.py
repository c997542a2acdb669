"""Where AWS answers something else than it was given, and what the provider takes for the same.

Pulumi compares a program with the state, and the state is what AWS answered. Where the provider does not see that both
mean the same, the difference never ends: every `up` changes it again. Each entry names the source; where sources
conflict, the entry is the one with the difference.
"""

import ipaddress
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, cast

from conducky.catalog.property_bag import Properties, bag, bags

Answers: TypeAlias = Callable[[Properties], Properties]

_EMPTY: Properties = {"cpu": 0, "mountPoints": [], "volumesFrom": [], "systemControls": []}  # What ECS adds

# What RDS itself sets, with its method: it never records another method for the same value.
# https://github.com/hashicorp/terraform-provider-aws/issues/39252
_PARAMETERS = {("rds.force_ssl", "1"): "pending-reboot"}


def parameters_as_given(inputs: Properties) -> Properties:
    """The provider's default method (internal/service/rds/parameter_group.go)."""
    return {**inputs, "parameters": [{"applyMethod": "immediate", **entry} for entry in bags(inputs, "parameters")]}


def parameters(inputs: Properties) -> Properties:
    """The parameters with the methods that RDS has for them."""
    entries = [
        {**entry, "applyMethod": _PARAMETERS.get((entry["name"], str(entry["value"])), entry.get("applyMethod"))}
        for entry in bags(inputs, "parameters")
    ]
    return {**inputs, "parameters": entries}


def containers(inputs: Properties) -> Properties:
    """The container definitions with ECS's empty lists, and without the empty maps, which it may leave out."""
    loaded = _loaded(inputs.get("containerDefinitions"))
    filled = [_EMPTY | {name: value for name, value in container.items() if value != {}} for container in loaded]
    return {**inputs, "containerDefinitions": json.dumps(filled)} if filled else inputs


def same_containers(text: str) -> object:
    """What internal/service/ecs/container_definitions.go compares: not empty lists, nor the order of variables."""
    return [
        {
            name: sorted(cast("list[Properties]", value), key=_sorting) if name in ("environment", "secrets") else value
            for name, value in {"essential": True, **container}.items()
            if value != [] and (name, value) != ("cpu", 0)
        }
        for container in _loaded(text)
    ]


def json_text(*names: str) -> Answers:
    """JSON that AWS writes again, in its own order and without spaces."""
    return lambda inputs: (
        inputs
        | {
            name: json.dumps(parsed, separators=(",", ":"))
            for name in names
            if (parsed := _parsed(inputs.get(name))) is not None
        }
    )


def same_json(text: str) -> object:
    """Texts that are the same JSON (`SuppressEquivalentJSONDiffs`)."""
    return _parsed(text) if _parsed(text) is not None else text


def same_policy(text: str) -> object:
    """IAM policies that mean the same: one text or a list of it, in any order (hashicorp/awspolicyequivalence)."""
    return unordered(same_json(text))


def budget(inputs: Properties) -> Properties:
    """Amounts have a decimal (internal/service/budgets/budget.go)."""
    amount = inputs.get("limitAmount")
    return {**inputs, "limitAmount": str(Decimal(str(amount)) + Decimal("0.0"))} if _is_number(amount) else inputs


def same_number(text: str) -> object:
    """`suppressEquivalentBudgetLimitAmount`."""
    return Decimal(str(text)) if _is_number(text) else text


def rule(inputs: Properties) -> Properties:
    """EC2 clears the bits of an address behind its mask (API reference, AuthorizeSecurityGroupIngress)."""
    given = {name: inputs[name] for name in ("cidrIpv4", "cidrIpv6") if "/" in str(inputs.get(name))}
    return inputs | {name: str(ipaddress.ip_network(value, strict=False)) for name, value in given.items()}


def reordered(*names: str) -> Answers:
    """Sets, which AWS answers in an order of its own."""
    return lambda inputs: (
        inputs | {name: list(reversed(inputs[name])) for name in names if isinstance(inputs.get(name), list)}
    )


def service(inputs: Properties) -> Properties:
    """Subnets and security groups in ECS's order."""
    network = bag(inputs, "networkConfiguration")
    return inputs | {"networkConfiguration": reordered("subnets", "securityGroups")(network)} if network else inputs


def seen(state: Any, inputs: Any, wanted: Any) -> Any:  # noqa: ANN401  # any value of a property bag
    """The part of the state that a program spoke of, before or now; what AWS adds by itself does not count."""
    if isinstance(state, dict) and (isinstance(inputs, dict) or isinstance(wanted, dict)):
        known, new = _bag(cast("object", inputs)), _bag(cast("object", wanted))
        return {
            name: seen(value, known.get(name), new.get(name))
            for name, value in cast("Properties", state).items()
            if name in known or name in new
        }
    if isinstance(state, list) and isinstance(wanted, list):
        values, news = cast("list[Any]", state), cast("list[Any]", wanted)
        olds = cast("list[Any]", inputs) if isinstance(inputs, list) else news
        if len(values) == len(news) == len(olds):
            return [seen(*each) for each in zip(values, olds, news, strict=True)]
    return cast("Any", state)


def _bag(value: object) -> Properties:
    return cast("Properties", value) if isinstance(value, dict) else {}


def bare(value: object) -> object:
    """Without what is empty, which the providers do not tell from what is absent."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {name: bare(item) for name, item in items if item not in (None, "", [], {})} or None
    if isinstance(value, list):
        return [bare(item) for item in cast("list[object]", value)] or None
    return None if value == "" else value


def unordered(value: object) -> object:
    """For sets, and what holds sets."""
    if isinstance(value, Mapping):
        return {name: unordered(item) for name, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        items = sorted((unordered(item) for item in cast("list[object]", value)), key=_sorting)
        return items[0] if len(items) == 1 else items
    return value


def _sorting(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _parsed(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _loaded(text: object) -> list[Properties]:
    parsed = _parsed(text)
    return [entry for entry in cast("list[Properties]", parsed) if entry] if isinstance(parsed, list) else []


def _is_number(value: object) -> bool:
    try:
        return bool(Decimal(str(value)) + 1) or True
    except ArithmeticError:
        return False
