import io
import json
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from conducky.engine.events import LayerResult
from conducky.rehearsal.checks import CheckResult
from conducky.rehearsal.report import Display, Outcome, changes, print_addresses, print_outcome, write_json

LAYERS = [LayerResult("platform", 20, {"create": 19, "update": 1, "read": 2}, 5.26)]
CHECKS = [
    CheckResult("page served", ok=True, detail="7 KiB"),
    CheckResult("worker", ok=True, detail="not checked: there is none", noted=True),
    CheckResult("targets", ok=False, detail="[red]no"),
]
OUTCOME = Outcome(
    {layer.name: layer for layer in LAYERS},
    CHECKS,
    {"platform": 5.2612, "total": 20.4},
    "http://localhost:8080",
    "dev costs about $49.43 a month on AWS",
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A usual one, whatever the tests run in."""
    monkeypatch.setenv("TERM", "xterm-256color")


def test_the_table_shows_layers_checks_and_cost() -> None:
    written = io.StringIO()
    print_outcome(Console(file=written, width=100), OUTCOME)
    text = written.getvalue()
    assert "platform         20  19 created, 1 updated      5.3" in text
    assert "✓ page served 7 KiB" in text
    assert "✗ targets [red]no" in text, "what was seen is shown as it is"
    assert "! worker: not checked: there is none" in text
    assert "dev costs about $49.43 a month on AWS" in text
    assert text.index("✓ page") < text.index("✗ targets"), "what failed is seen last"


def test_the_first_link_is_the_last_line_and_the_addresses_are_above() -> None:
    written = io.StringIO()
    outcome = replace(OUTCOME, api_url="http://localhost:8080/api")
    print_addresses(Console(file=written, width=60), outcome, ["the keys"], f"http://localhost:8080/join#{'t' * 90}")
    keys, *_, frontend, backend, _, link = [line for line in written.getvalue().splitlines() if line]
    assert keys == "the keys"
    assert frontend == "frontend  http://localhost:8080  ready in 20 s"
    assert backend == "backend   http://localhost:8080/api"
    assert link == f"http://localhost:8080/join#{'t' * 90}", "nothing of it is cut off or broken"


def test_what_was_replaced_is_named_but_not_all_that_is_new() -> None:
    operations = {
        "aws:ecs/service:Service backend": "update",
        "aws:ecs/taskDefinition:TaskDefinition backend": "replace",
    }
    again = LayerResult("services", 20, {"same": 18, "update": 1, "replace": 1}, 5.26, operations)
    first = LayerResult("platform", 1, {"create": 1}, 5.26, {"aws:rds/instance:Instance database": "create"})
    written = io.StringIO()
    print_outcome(Console(file=written, width=100), replace(OUTCOME, layers={"services": again, "platform": first}))
    text = written.getvalue()
    assert "services: backend (TaskDefinition) replaced" in text
    assert "services: backend (Service) updated" in text
    assert "(Instance)" not in text


def test_changes_names_only_what_happened_to_resources() -> None:
    assert changes({"read": 2, "same": 24}) == "24 unchanged"
    assert changes({}) == "nothing"


def test_json_holds_layers_checks_url_and_seconds(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    write_json(file, OUTCOME)
    assert json.loads(file.read_text()) == {
        "layers": [{"name": "platform", "resources": 20, "changes": {"create": 19, "update": 1, "read": 2}}],
        "checks": [
            {"name": "page served", "ok": True, "detail": "7 KiB", "noted": False},
            {"name": "worker", "ok": True, "detail": "not checked: there is none", "noted": True},
            {"name": "targets", "ok": False, "detail": "[red]no", "noted": False},
        ],
        "url": "http://localhost:8080",
        "cost": "dev costs about $49.43 a month on AWS",
        "seconds": {"platform": 5.26, "total": 20.4},
    }


def test_without_a_terminal_progress_is_plain_lines() -> None:
    written = io.StringIO()
    display = Display(Console(file=written, width=100))
    display.phase("services")
    display.begins("backend (Image)")
    display.done(3)
    display.step("backend/Dockerfile:15: `npm ci`")
    display.end()
    assert written.getvalue() == "services …\n  backend/Dockerfile:15: `npm ci`\n"


def screen(display: Display, width: int) -> list[str]:
    written = io.StringIO()
    Console(file=written, width=width).print(display._view())  # pyright: ignore[reportPrivateUsage]
    return written.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_one_view_shows_phases_builds_and_tasks(width: int) -> None:
    display = Display(Console(file=io.StringIO(), width=width, force_terminal=True))
    display.health = lambda: ["conducky-dev-backend: 0 of 1 tasks healthy"]
    display.expect("platform", "services", "checks")
    display.phase("platform")
    display.done(24)
    display.phase("services")
    display.begins("backend (Image)")
    display.step("backend/Dockerfile:15: `npm ci --omit=dev && " + "x" * 200 + "`")
    lines = screen(display, width)
    display.end()
    assert max(map(len, lines)) <= width, "a line that wraps would stay on the screen"
    assert lines[0].split()[:4] == ["✓", "platform", "24", "resources"]
    assert lines[1].split()[1] == "services"
    assert lines[2].strip().startswith("backend/Dockerfile:15: `npm ci")
    assert [line.strip() for line in lines[3:]][:2] == ["conducky-dev-backend: 0 of 1 tasks healthy", "checks"]
    assert "Ctrl-C" in lines[-1]


def test_the_view_goes_and_what_a_program_says_stays() -> None:
    written = io.StringIO()
    display = Display(Console(file=written, width=100, force_terminal=True))
    display.phase("services")
    display.said("[said] by a program")
    display.end()
    assert "  [said] by a program" in written.getvalue()
    assert written.getvalue().endswith("\x1b[1A\x1b[2K"), "the last thing that is done removes the view"


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    written = io.StringIO()
    display = Display(Console(file=written, width=100, force_terminal=True))
    display.phase("services")
    display.step("starting PostgreSQL 15")
    assert display.wait is None
    display.end()
    assert written.getvalue() == "services …\n  starting PostgreSQL 15\n"


def test_long_waits_have_a_bar_in_the_view() -> None:
    display = Display(Console(file=io.StringIO(), width=100, force_terminal=True))
    display.phase("engine")
    assert display.wait
    display.wait("Building Pulumi", 90, 360)
    assert any("Building Pulumi ━━━━─" in line and "25%, about 4 min left" in line for line in screen(display, 100))
    display.wait("Building Pulumi", 400, 360)
    assert any("99%, longer than usual" in line for line in screen(display, 100))
    display.end()


def test_no_secret_is_in_the_view_or_in_plain_lines() -> None:
    written = io.StringIO()
    for live in (True, False):
        display = Display(Console(file=written, width=100, force_terminal=live))
        display.redact = lambda text: text.replace("fake-secret", "[secret]")
        display.phase("services")
        display.step("`echo fake-secret`")
        assert not live or any("`echo [secret]`" in line for line in screen(display, 100))
        display.said("it is fake-secret")
        display.begins("fake-secret (Image)")
        display.end()
    assert "fake-secret" not in written.getvalue()
    assert "it is [secret]" in written.getvalue()


def test_what_several_threads_print_leaves_no_line_of_a_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conducky.rehearsal.report._TURN", 0.001)
    written = io.StringIO()
    display = Display(Console(file=written, width=80, force_terminal=True))
    rows: list[str] = []
    display.health = lambda: list(rows)
    display.phase("services")

    def say(name: str) -> None:
        for number in range(30):
            rows.append(name)  # The view becomes higher all the time
            display.said(f"{name} {number}")

    threads = [threading.Thread(target=say, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    display.end()
    screen, at = [""], 0  # As a terminal without an end draws it
    for part in re.split(r"(\x1b\[\d*[A-Za-z]|\x1b\[\?25[lh]|\n|\r)", written.getvalue()):
        if part == "\n":
            at += 1
            screen += [""] * (at + 1 - len(screen))
        elif part == "\x1b[1A":
            at -= 1
        elif part == "\x1b[2K":
            screen[at] = ""
        elif not part.startswith("\x1b"):
            screen[at] += part.strip("\r")
    said = [line.strip() for line in screen if line.strip()]
    assert sorted(said) == sorted(f"{name} {number}" for name in ("one", "two") for number in range(30))
