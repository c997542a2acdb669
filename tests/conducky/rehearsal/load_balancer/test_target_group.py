"""Health and turns of the targets in a group."""

import pytest

from conducky.errors import UserError
from conducky.rehearsal.load_balancer.target_group import (
    HealthCheck,
    Matcher,
    State,
    Target,
    TargetGroup,
    parse_target_group,
)


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("200", [200], [199, 201, 404]),
        ("200-299", [200, 250, 299], [199, 300]),
        ("200-299,301", [204, 301], [300, 302]),
        ("200, 404", [200, 404], [201]),
    ],
)
def test_matcher(text: str, good: list[int], bad: list[int]) -> None:
    matcher = Matcher(text)
    assert [code for code in good + bad if matcher.accepts(code)] == good


@pytest.mark.parametrize("text", ["", "abc", "200-", "299-200", "200,", "2xx"])
def test_a_bad_matcher_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"matcher .* must look like `200`"):
        Matcher(text)


def test_a_new_target_is_healthy_at_its_first_good_answer() -> None:
    check = HealthCheck(healthy_threshold=5)
    target = Target("127.0.0.1", 1)
    target.record("connection refused on port 1", check)
    assert (target.state, target.reason) == ("initial", "connection refused on port 1")
    target.record(None, check)
    assert (target.state, target.reason) == ("healthy", "")


def test_thresholds_count_answers_in_a_row() -> None:
    check = HealthCheck(healthy_threshold=2, unhealthy_threshold=3)
    target = Target("127.0.0.1", 1)
    states: list[str] = []
    for failure in [None, "x", "x", None, "x", "x", "x", None, "x", None, None]:
        target.record(failure, check)
        states.append(target.state)
    assert states == ["healthy"] * 6 + ["unhealthy"] * 4 + ["healthy"]


def test_a_draining_target_stays_so() -> None:
    target = Target("127.0.0.1", 1, state="draining", reason="taken out of service")
    target.record(None, HealthCheck())
    assert (target.state, target.reason) == ("draining", "taken out of service")


def test_healthy_targets_take_turns() -> None:
    group = TargetGroup("arn", "name")
    assert group.next_healthy() is None
    states: list[State] = ["healthy", "unhealthy", "healthy", "draining", "initial"]
    group.targets += [Target("127.0.0.1", number, state=state) for number, state in enumerate(states, 1)]
    ports = [target.port for target in (group.next_healthy() for _ in range(4)) if target]
    assert sorted(ports) == [1, 1, 3, 3]
    assert ports[0] != ports[1]


def test_properties_as_the_engine_sends_them() -> None:
    group = parse_target_group(
        "arn:tg",
        {
            "name": "conducky-dev-backend",
            "deregistrationDelay": 15.0,
            "healthCheck": {
                "path": "/health",
                "matcher": "200-299",
                "healthyThreshold": 2.0,
                "unhealthyThreshold": 4.0,
                "timeout": 4.0,
                "interval": 1.0,
            },
        },
    )
    assert group == TargetGroup(
        "arn:tg", "conducky-dev-backend", HealthCheck("/health", Matcher("200-299"), 2, 4, 4, 1), 15
    )
    assert group.health.steady_interval == 1
    assert HealthCheck().steady_interval == 2


def test_what_is_left_out_is_as_aws_has_it() -> None:
    group = parse_target_group("arn:tg", {})
    assert (group.health, group.deregistration_delay) == (HealthCheck("/", Matcher("200"), 3, 3, 5, 30), 300)


def test_a_bad_number_is_refused() -> None:
    with pytest.raises(UserError, match="deregistrationDelay of target group x is `soon` and must be a whole number"):
        parse_target_group("arn:tg", {"name": "x", "deregistrationDelay": "soon"})
