"""The closing lines add up what the workers of a run did."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

TESTS = """
from tests.summary import count, note

def test_one():
    count("seeded faults")
    note("IAM", "judged once")

def test_two():
    count("seeded faults", 2)
    count("requests sent", 7)
    note("IAM", "judged once")
    note("browser", "in 3 s")

def test_three():
    try:
        count("sheep")
    except ValueError:
        return
    raise AssertionError
"""


FLAKY = """
import pytest

ATTEMPTS = []

@pytest.mark.flaky(reruns=1)
def test_disturbed():
    ATTEMPTS.append("one")
    assert ATTEMPTS == ["one", "one"]

@pytest.mark.flaky(reruns=1)
def test_broken():
    raise AssertionError("at every attempt")
"""


def run(file: Path, workers: str) -> "subprocess.CompletedProcess[str]":
    plugins = ("-p", "tests.summary", "-p", "xdist", "-p", "pytest_rerunfailures")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-n", workers, "-c", "/dev/null", "--rootdir", file, file],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # which take seconds to load
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_that_passed_only_at_its_second_attempt_is_named_with_its_failure(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(FLAKY)
    for workers in ("0", "2"):
        done = run(tmp_path, workers)
        assert "1 failed, 1 passed, 2 rerun" in done.stdout, done.stdout + done.stderr
        closing = done.stdout.partition("what was proven")[2]
        assert "passed only at the second attempt, so find out why: test_it.py::test_disturbed" in closing
        assert "['one'] == ['one', 'one']" in closing
        assert "failed twice, first with: test_it.py::test_broken" in closing
        assert "at every attempt" in closing


def test_counts_are_added_and_notes_are_printed_once(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    for workers in ("0", "2"):
        done = run(tmp_path, workers)
        assert "3 passed" in done.stdout, done.stdout + done.stderr
        # In CI pytest adds an empty line to each section.
        closing = [line for line in done.stdout.partition("what was proven")[2].splitlines()[1:] if line]
        assert closing[0].startswith("scenarios: 0 engine scenarios, 3 seeded faults, ")
        assert "7 requests sent, 0 requests failed" in closing[0]
        assert closing[1:3] == ["IAM: judged once", "browser: in 3 s"]
