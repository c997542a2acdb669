"""tools/browser: the first browser that starts, else got, else one sentence."""

import pytest

from tests.fakes.script import write_script
from tests.tools.machine import Machine


@pytest.fixture(autouse=True)
def not_root(machine: Machine) -> None:
    """A plain user for whom Playwright has no browser and gets none."""
    machine.has("id", "echo 1000")
    write_script(machine.folder / ".venv/bin/python", "echo /nowhere/chromium")
    write_script(machine.folder / ".venv/bin/playwright", "echo Download failure >&2; exit 1")


@pytest.fixture(autouse=True)
def no_application(machine: Machine) -> None:
    """Chrome as an application of macOS would be found whatever PATH says."""
    script = machine.folder / "tools/browser"
    script.write_text(script.read_text().replace("/Applications/", "/nowhere/"))


def test_one_on_path_that_starts_is_printed(machine: Machine) -> None:
    machine.has("chromium", "echo this is only a hint; exit 1")
    machine.has("google-chrome", "echo Google Chrome 150")
    result = machine.run("tools/browser")
    assert (result.returncode, result.stdout) == (0, f"{machine.path}/google-chrome\n")


def test_else_playwrights_own(machine: Machine) -> None:
    own = machine.folder / "ms browsers/chromium"
    write_script(own, "echo Chromium 150")
    write_script(machine.folder / ".venv/bin/python", f'echo "{own}"')
    assert machine.run("tools/browser").stdout == f"{own}\n"


def test_else_playwright_gets_one(machine: Machine) -> None:
    own = machine.folder / "chromium"
    body = f'printf \'#!/bin/sh\\n\' >"{own}"; chmod +x "{own}"'
    write_script(machine.folder / ".venv/bin/playwright", body)
    write_script(machine.folder / ".venv/bin/python", f'echo "{own}"')
    assert machine.run("tools/browser").stdout == f"{own}\n"


def test_else_root_gets_it_by_apt(machine: Machine) -> None:
    machine.has("id", "echo 0")
    chromium = machine.path / "chromium"
    machine.has("apt-get", f"case $* in *chromium*) printf '#!/bin/sh\\n' >{chromium}; chmod +x {chromium} ;; esac")
    assert machine.run("tools/browser").stdout == f"{chromium}\n"


def test_else_one_sentence_says_what_to_do(machine: Machine) -> None:
    result = machine.run("tools/browser")
    assert (result.returncode, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    assert lines[:2] == ["Getting a browser for the tests, once", "Download failure"]
    assert lines[2].startswith("There is no browser for the tests, and none could be got (see above): install Chromium")
    assert len(lines) == 3
