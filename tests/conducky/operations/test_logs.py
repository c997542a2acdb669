"""What all tasks wrote, in one: in order, each line once, with patience when AWS throttles."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from conducky.errors import UserError
from conducky.operations.logs import LogReader, Query
from conducky.operations.target import Target
from tests.fakes.aws_api import AwsApi, RefusedError

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def event(seconds: float, text: str, task: str = "t1", name: str = "backend") -> dict[str, Any]:
    at = int((NOON + timedelta(seconds=seconds)).timestamp() * 1000)
    stream = f"{name}/{name}/{task}"
    return {"logStreamName": stream, "timestamp": at, "message": f"{text}\n", "eventId": f"{task}-{seconds}-{text}"}


def page(*events: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    return {"events": list(events), **({"nextToken": token} if token else {})}


@pytest.fixture
def waited() -> list[float]:
    return []


@pytest.fixture
def reader(api: AwsApi, target: Target, waited: list[float]) -> Callable[..., LogReader]:
    def make(*applications: str, notes: list[str] | None = None, **more: str) -> LogReader:
        query = Query(applications or ("backend",), NOON, **more)
        return LogReader(target, query, (notes if notes is not None else []).append, waited.append)

    return make


def test_pages_are_read_to_the_end(api: AwsApi, reader: Callable[..., LogReader]) -> None:
    api.answer("logs.FilterLogEvents", page(event(1, "a"), token="x"), page(token="y"), page(event(2, "b")))
    assert [each.text for each in reader().written()] == ["a", "b"]
    assert [request.get("nextToken") for request in api.made("logs.FilterLogEvents")] == [None, "x", "y"]
    assert api.made("logs.FilterLogEvents")[0]["startTime"] == int(NOON.timestamp() * 1000)


def test_several_services_are_merged_by_time(api: AwsApi, reader: Callable[..., LogReader]) -> None:
    groups = {
        "conducky-dev-backend": page(event(1, "b1"), event(4, "b4", "t2")),
        "conducky-dev-frontend": page(event(2, "f2", "t9", "frontend"), event(3, "f3", "t9", "frontend")),
    }
    api.answer("logs.FilterLogEvents", lambda request: groups[request["logGroupName"]])
    lines = list(reader("backend", "frontend").written())
    assert [(each.application, each.task, each.text) for each in lines] == [
        ("backend", "t1", "b1"),
        ("frontend", "t9", "f2"),
        ("frontend", "t9", "f3"),
        ("backend", "t2", "b4"),
    ]


def test_a_text_is_looked_for_in_any_case(api: AwsApi, reader: Callable[..., LogReader]) -> None:
    api.answer("logs.FilterLogEvents", page(event(1, "GET /x 200"), event(2, "Error: boom")))
    assert [each.text for each in reader(grep="ERROR").written()] == ["Error: boom"]


def test_one_task_is_asked_for_by_its_stream(api: AwsApi, reader: Callable[..., LogReader]) -> None:
    api.answer("logs.FilterLogEvents", page(event(1, "a", "1a2b99")))
    assert len(list(reader(task="1a2b").written())) == 1
    assert api.made("logs.FilterLogEvents")[0]["logStreamNamePrefix"] == "backend/backend/1a2b"


def test_following_shows_each_line_once_and_late_ones_too(
    api: AwsApi, reader: Callable[..., LogReader], waited: list[float]
) -> None:
    api.answer(
        "logs.FilterLogEvents",
        page(event(60, "a")),
        page(event(60, "a"), event(61, "c", "t2")),
        page(event(55, "late", "t3"), event(61, "c", "t2"), event(62, "d")),
    )
    logs = reader()
    assert [each.text for each in logs.written()] == ["a"]
    assert [each.text for each in islice(logs.follow(), 3)] == ["c", "late", "d"]
    starts = [request["startTime"] / 1000 - NOON.timestamp() for request in api.made("logs.FilterLogEvents")]
    assert starts == [0, 45, 46], "it looks back, because tasks hand over some lines late"
    assert waited == [2.0, 2.0], "half a call a second for each group"


def test_following_a_burst_pauses_between_pages(
    api: AwsApi, reader: Callable[..., LogReader], waited: list[float]
) -> None:
    api.answer("logs.FilterLogEvents", page(event(1, "a"), token="x"), page(event(2, "b")))
    assert [each.text for each in islice(reader().follow(), 2)] == ["a", "b"]
    assert waited == [2.0, 1.0]


def test_throttled_following_waits_longer_each_time_and_says_so(
    api: AwsApi, reader: Callable[..., LogReader], waited: list[float]
) -> None:
    throttled = RefusedError("ThrottlingException", "Rate exceeded")
    api.answer("logs.FilterLogEvents", *[throttled] * 5, page(event(1, "a")), page(event(2, "b")))
    notes: list[str] = []
    assert [each.text for each in islice(reader(notes=notes).follow(), 2)] == ["a", "b"]
    assert waited == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 2.0]
    assert "waiting 4 s" in notes[0]


def test_throttled_reading_is_an_error(api: AwsApi, reader: Callable[..., LogReader]) -> None:
    api.refuse("logs.FilterLogEvents", "ThrottlingException")
    with pytest.raises(UserError, match="throttles"):
        list(reader().written())


def test_a_log_group_that_does_not_exist_is_not_deployed(api: AwsApi, reader: Callable[..., LogReader]) -> None:
    api.refuse("logs.FilterLogEvents", "ResourceNotFoundException")
    with pytest.raises(UserError) as caught:
        list(reader().written())
    assert "conducky-dev-backend" in caught.value.problem
    assert "make deploy" in caught.value.fix
