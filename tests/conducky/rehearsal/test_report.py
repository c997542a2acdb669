import io
import json
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from conducky.engine.events import LayerResult
from conducky.rehearsal.checks import CheckResult
from conducky.rehearsal.report import Display, Outcome, changes, print_outcome, write_json

LAYERS = [LayerResult("platform", 20, {"create": 19, "update": 1, "read": 2}, 5.26)]
CHECKS = [CheckResult("page served", ok=True, detail="7 KiB"), CheckResult("targets", ok=False, detail="[red]no")]
OUTCOME = Outcome(
    {layer.name: layer for layer in LAYERS},
    CHECKS,
    {"platform": 5.2612, "total": 20.4},
    "http://localhost:8080",
    "dev costs about $49.43 a month on AWS",
)


def test_the_table_shows_layers_checks_and_the_address() -> None:
    written = io.StringIO()
    print_outcome(Console(file=written, width=100), OUTCOME)
    text = written.getvalue()
    assert "platform         20  19 created, 1 updated      5.3" in text
    assert "✓ page served 7 KiB" in text
    assert "✗ targets [red]no" in text, "what was seen is shown as it is"
    assert "dev costs about $49.43 a month on AWS" in text
    assert "http://localhost:8080  ready in 20 s" in text


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
            {"name": "page served", "ok": True, "detail": "7 KiB"},
            {"name": "targets", "ok": False, "detail": "[red]no"},
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


def test_on_a_terminal_progress_is_one_line() -> None:
    written = io.StringIO()
    display = Display(Console(file=written, width=100, force_terminal=True))
    display.phase("services")
    display.begins("backend (Image)")
    display.end()
    assert "services" in written.getvalue()
    assert written.getvalue().count("\n") <= 1
