"""`conducky cost`."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conducky.cli.app import app
from conducky.errors import UserError


def run(*words: str, columns: int = 160) -> str:
    result = CliRunner().invoke(app, ["cost", *words], env={"AWS_REGION": "us-east-1", "COLUMNS": str(columns)})
    if isinstance(result.exception, UserError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("cost") / "dev.json"
    file.write_text(run("--stack", "dev", "--json"))
    return file


def test_json_has_the_total_and_its_lines(dev: Path) -> None:
    bill: dict[str, Any] = json.loads(dev.read_text())
    assert bill["total_usd_month"] == 49.43
    assert {line["resource"] for line in bill["lines"]} >= {"alb", "database", "frontend", "backend"}
    assert all(each["saves_usd_month"] > 0 for each in bill["advice"])


def test_a_terminal_shows_lines_total_advice_and_what_differs(dev: Path) -> None:
    shown = run("--stack", "prod", "--compare", str(dev))
    assert "RDS db.t4g.micro" in shown
    assert "$0.0225" in shown
    assert re.search(r"images in ECR +1 GB-month +\$0\.10 +\$0\.10 ", shown), "with its cents"
    assert "prod costs about $73.94 a month" in shown
    assert "-$20.18 pulumi -C services config set capacity spot --stack prod" in shown
    assert "prod costs +$24.51 a month against dev" in shown
    assert "+$15.90: backend: two more on-demand tasks, one more public IPv4 address, one fewer Spot task" in shown


@pytest.mark.parametrize("columns", [20, 40, 72, 80])
def test_no_number_is_cut_on_a_narrow_terminal(dev: Path, columns: int) -> None:
    shown = run("--stack", "dev", columns=columns)
    assert "…" not in shown
    for line in json.loads(dev.read_text())["lines"]:
        assert re.search(rf"^{line['resource']} .*\${line['usd_month']:.2f} ", shown, re.MULTILINE)


def test_it_compares_with_another_stack_for_fewer_hours() -> None:
    bill = json.loads(run("--compare", "prod", "--json", "--hours-per-day", "12"))
    assert bill["total_usd_month"] == 37.78
    assert bill["compared_with"]["total_usd_month"] == 46.38
    assert {each["resource"] for each in bill["compared_with"]["differences"]} == {"alb", "frontend", "backend"}
    assert "12 hours a day" in bill["assumptions"]


def test_an_unknown_stack_or_file_is_refused() -> None:
    for other in ("staging", "no-such/bill.json", "."):
        with pytest.raises(UserError, match="neither a file nor a stack") as caught:
            run("--compare", other)
        assert "Pulumi." not in str(caught.value)


def test_importing_it_loads_nothing_large() -> None:
    heavy = ("pulumi", "boto3", "grpc", "pydantic", "conducky.evaluation")
    code = f"import sys, conducky.cost; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
