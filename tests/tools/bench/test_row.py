"""The bench's rows: figures beside their targets, and why there is none."""

import subprocess
from collections.abc import Iterator

import pytest

from conducky.errors import UserError
from tools.bench.cpu_quota import NoQuotaError
from tools.bench.row import Row, guarded


@pytest.mark.parametrize(("value", "mark"), [(2.4, "met"), (2.5, "met"), (2.51, "missed")])
def test_a_target_is_met_or_missed(value: float, mark: str) -> None:
    row = Row.at_most("GET /", value, 2.5, "CPU ms", " (9/s)")
    assert (row.figure, row.target, row.mark) == (f"{value:.3g} CPU ms (9/s)", "≤ 2.5 CPU ms", mark)


def test_a_figure_without_a_target_has_no_mark() -> None:
    assert Row("GET /health", "1 ms").mark == ""


def rows_until(error: Exception) -> Iterator[Row]:
    yield Row("first", "1 s")
    raise error


@pytest.mark.parametrize("reason", [NoQuotaError("no cgroups"), UserError("node is v20", "run `make setup`")])
def test_what_is_not_here_is_skipped_and_the_row_says_why(reason: Exception) -> None:
    first, last = guarded("second", rows_until(reason))
    assert first == Row("first", "1 s")
    assert (last.what, last.figure, last.mark) == ("second", f"skipped: {reason}", "")


@pytest.mark.parametrize(
    ("error", "figure"),
    [
        (RuntimeError("a port\n is taken"), "failed: RuntimeError: a port is taken"),
        (subprocess.CalledProcessError(2, ["make", "rehearse"]), "failed: `make rehearse` ended with code 2"),
        (KeyError(), "failed: KeyError: "),
    ],
)
def test_a_step_that_fails_is_a_row_without_a_traceback(error: Exception, figure: str) -> None:
    *_, last = guarded("second", rows_until(error))
    assert (last.figure, last.mark) == (figure, "failed")
