"""Which rule of a listener answers."""

import pytest

from conducky.errors import UserError
from conducky.rehearsal.load_balancer.routing import (
    Conditions,
    FixedResponse,
    Forward,
    ListenerRule,
    Redirect,
    RequestLine,
    choose_action,
    parse_actions,
    parse_conditions,
    parse_rule,
)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/api/*", "/api/", True),
        ("/api/*", "/api/a/b.c", True),
        ("/api/*", "/api", False),
        ("/api/*", "/API/x", False),
        ("/api*", "/apix", True),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("/a?c", "/a/c", True),
        ("*.png", "/img/x.png", True),
        ("/x.y", "/xzy", False),
        ("/[a]", "/a", False),
        ("*", "/", True),
        ("/a%20b", "/a%20b", True),
    ],
)
def test_path_patterns(pattern: str, path: str, matches: bool) -> None:  # noqa: FBT001  # a table's column
    assert Conditions(paths=(pattern,)).match(RequestLine("h", path, query="q=/api/")) is matches


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("app.shop.test", "App.Shop.Test:8080", True),
        ("*.shop.test", "api.shop.test", True),
        ("*.shop.test", "shop.test", False),
        ("[::1]", "[::1]:80", False),
        ("::1", "[::1]:80", True),
    ],
)
def test_host_patterns(pattern: str, host: str, matches: bool) -> None:  # noqa: FBT001  # a table's column
    assert Conditions(hosts=(pattern,)).match(RequestLine(host, "/")) is matches


def test_both_kinds_must_match_any_value_will_do() -> None:
    conditions = Conditions(paths=("/a", "/b"), hosts=("x",))
    assert conditions.match(RequestLine("x", "/b"))
    assert not conditions.match(RequestLine("y", "/b"))


def test_lowest_priority_number_first_and_default_last() -> None:
    rules = [
        ListenerRule("r2", 20, Conditions(paths=("/api/*",)), Forward("late")),
        ListenerRule("r1", 3, Conditions(paths=("/api/v2/*",)), Forward("early")),
    ]
    default = FixedResponse(503, "text/plain", "not deployed yet")
    assert choose_action(rules, default, RequestLine("h", "/api/v2/x")) == Forward("early")
    assert choose_action(rules, default, RequestLine("h", "/api/v1/x")) == Forward("late")
    assert choose_action(rules, default, RequestLine("h", "/")) is default


def test_a_rule_as_the_engine_sends_it() -> None:
    rule = parse_rule(
        "arn:rule",
        {
            "listenerArn": "arn:listener",
            "priority": 10.0,
            "conditions": [{"pathPattern": {"values": ["/api/*", "/health"]}}, {"hostHeader": {"values": ["a.test"]}}],
            "actions": [{"type": "forward", "targetGroupArn": "arn:tg", "order": 1.0}],
        },
    )
    conditions = Conditions(("/api/*", "/health"), ("a.test",))
    assert rule == ListenerRule("arn:rule", 10, conditions, Forward("arn:tg"))


def test_actions_as_the_engine_sends_them() -> None:
    fixed = {"contentType": "text/plain", "messageBody": "not deployed yet", "statusCode": "503"}
    assert parse_actions([{"type": "fixed-response", "fixedResponse": fixed}]) == FixedResponse(
        503, "text/plain", "not deployed yet"
    )
    forward = {"type": "forward", "forward": {"targetGroups": [{"arn": "arn:tg"}]}}
    assert parse_actions([forward]) == Forward("arn:tg")
    weighted = {
        "type": "forward",
        "forward": {"targetGroups": [{"arn": "a", "weight": 90.0}, {"arn": "b", "weight": 10}]},
    }
    assert parse_actions([weighted]) == Forward("a", (("a", 90), ("b", 10)))
    redirect = {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
    action = parse_actions([redirect])
    assert isinstance(action, Redirect)
    assert action.status == 301
    assert action.location(RequestLine("a.test:80", "/x/y", "q=1")) == "https://a.test:443/x/y?q=1"


@pytest.mark.parametrize(("weights", "share"), [((90, 10), 0.1), ((0, 100), 1), ((100, 0), 0), ((1, 1), 0.5)])
def test_weights_spread_the_requests(weights: tuple[int, int], share: float) -> None:
    action = Forward("a", (("a", weights[0]), ("b", weights[1])))
    for begin in (0, 50, 1000):
        few = [action.group(turn) for turn in range(begin, begin + 40)]
        assert abs(few.count("b") / 40 - share) <= 0.05, "of any few requests as of all"


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([], "has 0 actions"),
        ([{"type": "authenticate-oidc"}], "no action of type `authenticate-oidc`"),
        ([{"type": "forward"}], "names no target group"),
        (
            [{"type": "fixed-response", "fixedResponse": {"statusCode": "5xx"}}],
            "statusCode is `5xx` and must be a whole number",
        ),
    ],
)
def test_unsupported_actions(actions: list[dict[str, object]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_actions(actions)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([{"httpHeader": {"values": ["x"], "httpHeaderName": "y"}}], "no condition httpHeader"),
        ([{"httpRequestMethod": {"values": ["GET"]}}], "no condition httpRequestMethod"),
        ([{"pathPattern": {"values": ()}}], "pathPattern condition takes one list"),
        ([{"pathPattern": {"regexValues": ["x"]}}], "pathPattern condition takes one list"),
        ([{"pathPattern": {"values": ["/a"]}}, {"pathPattern": {"values": ["/b"]}}], "one condition"),
    ],
)
def test_unsupported_conditions(conditions: list[dict[str, dict[str, object]]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_conditions(conditions)
