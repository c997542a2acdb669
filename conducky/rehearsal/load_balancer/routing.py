"""Which answer a load balancer's listener gives to a request: its rules, read from the engine's property bags."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from conducky.errors import UserError


@dataclass(frozen=True)
class RequestLine:
    """What rules look at. `path` and `query` are as sent, not decoded; `port` is the listener's own."""

    host: str
    path: str
    query: str = ""
    port: int = 80
    protocol: str = "http"

    @property
    def host_name(self) -> str:
        """The host without its port."""
        return urlsplit(f"//{self.host}").hostname or ""


@dataclass(frozen=True)
class Forward:
    """Pass the request to a target of the group."""

    target_group_arn: str


@dataclass(frozen=True)
class FixedResponse:
    """Answer with this text."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True)
class Redirect:
    """Send the client elsewhere; `#{host}`, `#{path}`, `#{port}`, `#{protocol}`, `#{query}` stand for the request's."""

    status: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"

    def location(self, request: RequestLine) -> str:
        """Give the address for the Location header, with its port as AWS writes it."""
        values = {
            "protocol": request.protocol.upper(),
            "host": request.host_name,
            "port": str(request.port),
            "path": request.path.removeprefix("/"),
            "query": request.query,
        }

        def filled(template: str) -> str:
            return re.sub(r"#\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)

        query = filled(self.query)
        address = f"{filled(self.protocol).lower()}://{filled(self.host)}:{filled(self.port)}{filled(self.path)}"
        return f"{address}?{query}" if query else address


Action = Forward | FixedResponse | Redirect


@dataclass(frozen=True)
class Conditions:
    """All given kinds must match, each by any of its patterns; `*` is any text, `?` any one character."""

    paths: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def match(self, request: RequestLine) -> bool:
        """Compare: paths with regard to case and without the query, host names without regard to case."""
        path_matches = not self.paths or any(_matches(pattern, request.path) for pattern in self.paths)
        host = request.host_name.lower()
        host_matches = not self.hosts or any(_matches(pattern.lower(), host) for pattern in self.hosts)
        return path_matches and host_matches


@dataclass(frozen=True)
class ListenerRule:
    """One rule of a listener; lower `priority` numbers are asked first."""

    arn: str
    priority: int
    conditions: Conditions
    action: Action


def choose_action(rules: Iterable[ListenerRule], default: Action, request: RequestLine) -> Action:
    """Give the action of the first rule that matches, in order of priority, or `default`."""
    ordered = sorted(rules, key=lambda rule: rule.priority)
    return next((rule.action for rule in ordered if rule.conditions.match(request)), default)


def parse_rule(arn: str, properties: Mapping[str, object]) -> ListenerRule:
    """Read the properties of an aws:lb/listenerRule:ListenerRule (`priority`, `conditions`, `actions`)."""
    return ListenerRule(
        arn,
        whole_number(properties.get("priority"), "a listener rule's priority"),
        parse_conditions(properties.get("conditions")),
        parse_actions(properties.get("actions")),
    )


def parse_actions(value: object) -> Action:
    """Read `actions` of a rule or `defaultActions` of a listener: a list with exactly one action.

    Raises:
        UserError: For a kind of action the rehearsal does not have.
    """
    actions = _bags(value)
    if len(actions) != 1:
        raise UserError(f"a listener or rule of the rehearsal takes exactly one action, not {len(actions)}: leave one")
    action = actions[0]
    kind = action.get("type")
    if kind == "forward":
        return Forward(_forward_arn(action))
    if kind == "fixed-response":
        (fixed,) = _bags([action.get("fixedResponse")])
        status = whole_number(fixed.get("statusCode", "200"), "a fixed response's statusCode")
        return FixedResponse(status, _text(fixed, "contentType") or "text/plain", _text(fixed, "messageBody"))
    if kind == "redirect":
        (redirect,) = _bags([action.get("redirect")])
        names = ("protocol", "host", "port", "path", "query")
        parts = {name: _text(redirect, name) for name in names if redirect.get(name) is not None}
        return Redirect(whole_number(_text(redirect, "statusCode").removeprefix("HTTP_"), "a redirect's code"), **parts)
    raise UserError(
        f"the rehearsal's load balancer has no action of type {kind!r}: "
        f"use forward, fixed-response or redirect, or extend conducky/rehearsal/load_balancer/routing.py"
    )


def parse_conditions(value: object) -> Conditions:
    """Read `conditions` of a rule.

    Raises:
        UserError: For a kind of condition the rehearsal does not have.
    """
    paths: tuple[str, ...] | None = None
    hosts: tuple[str, ...] | None = None
    for bag in _bags(value):
        for kind in (name for name, condition in bag.items() if condition):
            (condition,) = _bags([bag[kind]])
            values = tuple(str(item) for item in cast("Sequence[object]", condition.get("values") or ()))
            if not values or set(condition) - {"values"} or (kind == "pathPattern" and paths is not None):
                raise UserError(f"a {kind} condition takes one list of values: write them all in one condition")
            if kind == "pathPattern":
                paths = values
            elif kind == "hostHeader" and hosts is None:
                hosts = values
            else:
                raise UserError(
                    f"the rehearsal's load balancer has no condition {kind}: "
                    f"use pathPattern or hostHeader, or extend conducky/rehearsal/load_balancer/routing.py"
                )
    return Conditions(paths or (), hosts or ())


def whole_number(value: object, what: str) -> int:
    """Read a whole number that the engine sent as a float or as text; `what` names it in the error."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and value.isdigit()):
        return int(value)
    raise UserError(f"{what} is a whole number, not {value!r}: mend it in the program")


def _forward_arn(action: Mapping[str, object]) -> str:
    arn = action.get("targetGroupArn")
    if isinstance(arn, str) and arn:
        return arn
    groups = _bags(cast("Mapping[str, object]", action.get("forward") or {}).get("targetGroups"))
    if len(groups) != 1:
        raise UserError("a forward action of the rehearsal names exactly one target group: set its targetGroupArn")
    return _text(groups[0], "arn")


def _bags(value: object) -> list[Mapping[str, object]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, object]", item) if isinstance(item, Mapping) else {} for item in items]


def _text(bag: Mapping[str, object], key: str) -> str:
    value = bag.get(key)
    return "" if value is None else str(value)


def _matches(pattern: str, text: str) -> bool:
    wildcards = {"*": ".*", "?": "."}
    expression = "".join(wildcards.get(char) or re.escape(char) for char in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None
