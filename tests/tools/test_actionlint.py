"""tools/actionlint/build: with the machine's Go, else with PyPI's, else one sentence; and only where needed."""

import pytest

from tests.fakes.script import write_script
from tests.tools.machine import Machine

# Notes where and how it was called, and makes what it was asked for.
GO = r"""
echo "go $*" >>"$HOME/calls"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\n' >"$2"; chmod +x "$2"
"""


@pytest.fixture(autouse=True)
def environment(machine: Machine) -> None:
    (machine.folder / "tools/actionlint/go.sum").write_text("pinned\n")
    write_script(machine.folder / ".venv/bin/python", "echo 9.8.7")
    write_script(machine.folder / ".venv/bin/uv", f'echo "uv $*" >>"$HOME/calls"\nshift 5\n{GO}')


def calls(machine: Machine) -> list[str]:
    file = machine.folder.parent / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_the_machines_go_builds_it_from_the_pinned_module(machine: Machine) -> None:
    machine.has("go", GO)
    result = machine.run("tools/actionlint/build")
    assert (result.returncode, result.stderr) == (0, "Building actionlint, once\n")
    (call,) = calls(machine)
    assert call.startswith("go build -mod=readonly ")
    assert call.endswith("/.venv/bin/actionlint github.com/rhysd/actionlint/cmd/actionlint")


def test_a_second_time_nothing_is_done(machine: Machine) -> None:
    machine.has("go", GO)
    machine.run("tools/actionlint/build")
    result = machine.run("tools/actionlint/build")
    assert (result.returncode, result.stderr, len(calls(machine))) == (0, "", 1)


def test_another_version_is_built(machine: Machine) -> None:
    machine.has("go", GO)
    machine.run("tools/actionlint/build")
    (machine.folder / "tools/actionlint/go.sum").write_text("another\n")
    machine.run("tools/actionlint/build")
    assert len(calls(machine)) == 2


@pytest.mark.parametrize("go", [None, "echo too old >&2; exit 1"])
def test_else_pypis_go_builds_it(machine: Machine, go: str | None) -> None:
    if go:
        machine.has("go", go)
    assert machine.run("tools/actionlint/build").returncode == 0
    assert calls(machine)[0].startswith("uv run --quiet --isolated --locked --only-group=go --project ")
    assert " go build " in calls(machine)[0]
    assert (machine.folder / ".venv/bin/actionlint").exists()


def test_else_one_sentence_says_what_to_do(machine: Machine) -> None:
    write_script(machine.folder / ".venv/bin/uv", "echo no route to host >&2; exit 2")
    result = machine.run("tools/actionlint/build")
    assert result.returncode == 1
    assert result.stderr.splitlines()[1:] == [
        "no route to host",
        "actionlint could not be built (see above): install Go 1.25 or newer (go.dev/dl), then run `make lint`.",
    ]
    assert not (machine.folder / ".venv/bin/actionlint.sum").exists()
