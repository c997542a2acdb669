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


def test_counts_are_added_and_notes_are_printed_once(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    for workers in ("0", "2"):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "tests.summary",
                "-p",
                "xdist",
                "-n",
                workers,
                "-c",
                "/dev/null",
                tmp_path,
            ],
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # which take seconds to load
            capture_output=True,
            text=True,
            check=False,
        )
        assert "3 passed" in done.stdout, done.stdout + done.stderr
        # In CI pytest adds an empty line to each section.
        closing = [line for line in done.stdout.partition("what was proven")[2].splitlines()[1:] if line]
        assert closing[0].startswith("scenarios: 0 engine scenarios, 3 seeded faults, ")
        assert "7 requests sent, 0 requests failed" in closing[0]
        assert closing[1:3] == ["IAM: judged once", "browser: in 3 s"]
