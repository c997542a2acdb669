"""Log lines on a terminal: readable, in colours by task, and harmless."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from conducky.operations.logs import Event, LogView
from conducky.operations.words import now


def shown(*events: Event, colours: bool = False) -> str:
    out = io.StringIO()
    view = LogView(Console(file=out, force_terminal=colours, color_system="standard" if colours else None, width=80))
    for event in events:
        view.show(event)
    return out.getvalue()


def event(text: str, task: str = "1a2b3c4d5e6f", at: datetime | None = None) -> Event:
    return Event(at or now(), "backend", task, text)


def test_a_json_line_becomes_its_message_and_its_fields() -> None:
    line = '{"level":30,"time":"2026-11-26T12:00:00Z","service":"backend","method":"GET","status":200,"msg":"request"}'
    out = shown(event(line))
    assert out.rstrip().endswith("backend/1a2b3c4d request method=GET status=200")


def test_a_line_of_another_day_has_its_date() -> None:
    assert "11-20 " in shown(event("x", at=datetime(2026, 11, 20, 12, tzinfo=UTC)))
    assert not shown(event("x", at=now())).startswith("11-")


def test_each_task_has_a_colour_and_errors_are_red() -> None:
    out = shown(event("a", "t1"), event("b", "t2"), event("c", "t1"), event('{"level":50,"msg":"no"}'), colours=True)
    first, second, third, failed = out.splitlines()
    assert "\x1b[36mbackend/t1" in first
    assert "\x1b[36mbackend/t1" in third
    assert "\x1b[35mbackend/t2" in second
    assert "\x1b[31mno" in failed
    assert "\x1b[31m" not in first


def test_a_line_cannot_act_on_the_terminal() -> None:
    out = shown(event("\x1b]0;title\x07\x1b[31mred\x1b[0m\tend"))
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "red" in out
    assert "end" in out


def test_long_lines_are_not_cut() -> None:
    assert "x" * 300 in shown(event("x" * 300))


def test_json_output_is_the_line_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 26, 12, 0, tzinfo=UTC) + timedelta(milliseconds=5)
    LogView(Console(), as_json=True).show(event('{"msg":"ü"}', at=at))
    assert json.loads(capsys.readouterr().out) == {
        "timestamp": "2026-11-26T12:00:00.005+00:00",
        "service": "backend",
        "task": "1a2b3c4d5e6f",
        "message": '{"msg":"ü"}',
    }
