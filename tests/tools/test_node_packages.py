"""tools/node-packages: `npm ci` where it is needed, and only there."""

import os

import pytest

from tests.fakes.script import write_script
from tests.tools.machine import Machine

NPM = 'echo "$PWD" "$@" >>"$HOME/calls"; mkdir -p node_modules; touch node_modules/.package-lock.json'


@pytest.fixture(autouse=True)
def two_folders(machine: Machine) -> None:
    machine.has("npm", NPM)
    for name in ("one", "two"):
        (machine.folder / name).mkdir()
        for file in ("package.json", "package-lock.json"):
            (machine.folder / name / file).touch()


def installed(machine: Machine) -> list[str]:
    file = machine.folder.parent / "calls"
    return [line.split(" ci ")[0].rsplit("/", 1)[-1] for line in file.read_text().splitlines()] if file.exists() else []


def test_each_folder_once(machine: Machine) -> None:
    assert machine.run("tools/node-packages", "one", "two").returncode == 0
    assert machine.run("tools/node-packages", "one", "two").stderr == ""
    assert installed(machine) == ["one", "two"]


@pytest.mark.parametrize("changed", ["package.json", "package-lock.json"])
def test_a_changed_folder_again(machine: Machine, changed: str) -> None:
    machine.run("tools/node-packages", "one", "two")
    os.utime(machine.folder / "two" / changed, (4_000_000_000, 4_000_000_000))
    machine.run("tools/node-packages", "one", "two")
    assert installed(machine) == ["one", "two", "two"]


def test_a_failure_names_the_folder(machine: Machine) -> None:
    machine.has("npm", "echo npm says why >&2; exit 1")
    result = machine.run("tools/node-packages", "two")
    assert result.returncode == 1
    assert "npm says why\nThe Node packages of two could not be installed (see above)" in result.stderr


def test_the_npm_that_setup_brought_wins(machine: Machine) -> None:
    machine.has("npm", "exit 1")
    write_script(machine.folder / ".venv" / "node" / "bin" / "npm", NPM)
    assert machine.run("tools/node-packages", "one").returncode == 0
    assert installed(machine) == ["one"]


def test_a_folder_without_a_lock_is_reported(machine: Machine) -> None:
    result = machine.run("tools/node-packages", "three")
    assert result.returncode == 1
    assert result.stderr == "three has no package-lock.json: run `npm install` there and commit it.\n"
