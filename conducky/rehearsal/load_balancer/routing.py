"""How a load balancer's listener answers a request: its rules, read from the engine's property bags."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.errors import UserError, quoted
from conducky.rehearsal.wildcards import matches_wildcards

_GOLDEN = (5**0.5 - 1) / 2  # whose multiples are spread best


@dataclass(frozen=True)
class RequestLine:
    """What rules match. `path` and `query` are as sent, not decoded; `port` is the listener's own."""

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
    """Pass the request to a target of the group, or of one of several by their weights."""

    target_group_arn: str
    weights: tuple[tuple[str, int], ...] = ()

    def group(self, turn: int) -> str:
        """The group of the n-th request. Any few in a row are spread as all of them: none waits for a random number."""
        at = turn * _GOLDEN % 1 * sum(weight for _, weight in self.weights)
        for arn, weight in self.weights:
            if at < weight:
                return arn
            at -= weight
        return self.target_group_arn


@dataclass(frozen=True)
class FixedResponse:
    """Answer with this text."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True)
class Redirect:
    """Send the client elsewhere; `#{host}`, `#{path}`, `#{port}`, `#{protocol}`, `#{query}` are the request's."""

    status: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"

    def location(self, request: RequestLine) -> str:
        """The address for the Location header, with its port as AWS writes it."""
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

_THIS = "conducky/rehearsal/load_balancer/routing.py"


@dataclass(frozen=True)
class Conditions:
    """All given kinds must match, each by any of its patterns; `*` is any text, `?` any one character."""

    paths: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    def match(self, request: RequestLine) -> bool:
        """Compare: paths with regard to case and without the query, host names without regard to case."""
        path_matches = not self.paths or any(matches_wildcards(pattern, request.path) for pattern in self.paths)
        host = request.host_name.lower()
        host_matches = not self.hosts or any(matches_wildcards(pattern.lower(), host) for pattern in self.hosts)
        return path_matches and host_matches


@dataclass(frozen=True)
class ListenerRule:
    """One rule of a listener; lower `priority` numbers come first."""

    arn: str
    priority: int
    conditions: Conditions
    action: Action


def choose_action(rules: Iterable[ListenerRule], default: Action, request: RequestLine) -> Action:
    """The action of the first rule that matches, in order of priority, or `default`."""
    ordered = sorted(rules, key=lambda rule: rule.priority)
    return next((rule.action for rule in ordered if rule.conditions.match(request)), default)


def parse_rule(arn: str, properties: Properties) -> ListenerRule:
    """A rule from the properties of an aws:lb/listenerRule:ListenerRule (`priority`, `conditions`, `actions`)."""
    return ListenerRule(
        arn,
        whole_number(properties.get("priority"), "a listener rule's priority"),
        parse_conditions(bags(properties, "conditions")),
        parse_actions(bags(properties, "actions")),
    )


def parse_actions(actions: list[Properties]) -> Action:
    """The one action of a rule or of a listener. Raises UserError when the rehearsal does not have this kind."""
    if len(actions) != 1:
        raise UserError(f"a listener or rule of the rehearsal has {len(actions)} actions and can have one", "leave one")
    action = actions[0]
    kind = action.get("type")
    if kind == "forward":
        return _forward(action)
    if kind == "fixed-response":
        fixed = bag(action, "fixedResponse")
        status = whole_number(fixed.get("statusCode", "200"), "a fixed response's statusCode")
        return FixedResponse(status, _text(fixed, "contentType") or "text/plain", _text(fixed, "messageBody"))
    if kind == "redirect":
        redirect = bag(action, "redirect")
        names = ("protocol", "host", "port", "path", "query")
        parts = {name: _text(redirect, name) for name in names if redirect.get(name) is not None}
        return Redirect(whole_number(_text(redirect, "statusCode").removeprefix("HTTP_"), "a redirect's code"), **parts)
    raise UserError(
        f"the rehearsal's load balancer has no action of type {quoted(kind)}",
        f"use forward, fixed-response or redirect, or extend {_THIS}",
    )


def parse_conditions(conditions: list[Properties]) -> Conditions:
    """The `conditions` of a rule. Raises UserError when the rehearsal does not have this kind of condition."""
    found: dict[str, tuple[str, ...]] = {}
    for condition in conditions:
        for kind in (name for name, value in condition.items() if value):
            values = tuple(str(text) for text in texts(bag(condition, kind), "values"))
            if kind not in ("pathPattern", "hostHeader"):
                raise UserError(
                    f"the rehearsal's load balancer has no condition {kind}",
                    f"use pathPattern or hostHeader, or extend {_THIS}",
                )
            if not values or set(bag(condition, kind)) - {"values"} or kind in found:
                raise UserError(f"a {kind} condition takes one list of values", "write them all in one condition")
            found[kind] = values
    return Conditions(found.get("pathPattern", ()), found.get("hostHeader", ()))


def whole_number(value: object, what: str) -> int:
    """A whole number that came as a float or as text. Raises UserError, which names `what`, when it is not one."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and value.isdigit()):
        return int(value)
    raise UserError(f"{what} is {quoted(value)} and must be a whole number", "correct it in the program")


def _forward(action: Properties) -> Forward:
    arn = action.get("targetGroupArn")
    if isinstance(arn, str) and arn:
        return Forward(arn)
    groups = bags(bag(action, "forward"), "targetGroups")
    if not groups:
        raise UserError("a forward action names no target group", "set its targetGroupArn")
    weights = tuple((_text(each, "arn"), whole_number(each.get("weight", 1), "a weight")) for each in groups)
    return Forward(weights[0][0], weights if len(weights) > 1 else ())


def _text(properties: Properties, name: str) -> str:
    value = properties.get(name)
    return "" if value is None else str(value)
