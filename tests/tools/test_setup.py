"""tools/setup: each missing prerequisite is one sentence; with all of them it makes .venv, once."""

import pytest

from tests.tools.machine import Machine, write_script

# A Python that is new enough and whose `-m venv` and `-m pip install` leave what setup looks for.
PYTHON = r"""
case "$*" in
  "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo venv >>calls ;;
  "-m pip install "*)
    echo "$@" >>calls
    printf '#!/bin/sh\necho uv "$@" >>calls; touch .venv/bin/conducky; chmod +x .venv/bin/conducky\n' >.venv/bin/uv
    chmod +x .venv/bin/uv ;;
esac
"""
OLD_PYTHON = 'case "$*" in *version_info*) exit 1 ;; *) echo 3.10.13 ;; esac'
PYTHON_WITHOUT_VENV = 'case "$*" in *ensurepip*) exit 1 ;; esac'
UV = 'echo uv "$@" >>calls; mkdir -p .venv/bin'


@pytest.fixture(autouse=True)
def everything(machine: Machine) -> None:
    """A machine with all that is needed, and a lock file that names uv's version."""
    (machine.folder / "uv.lock").write_text('[[package]]\nname = "uv"\nversion = "9.8.7"\n')
    (machine.folder / "pyproject.toml").write_text("[project]\n")
    machine.has("node", "echo v24.1.0")
    machine.has("npm", "")
    machine.has("python3", PYTHON)


def calls(machine: Machine) -> list[str]:
    file = machine.folder / "calls"
    return file.read_text().splitlines() if file.exists() else []


def the_sentence(machine: Machine) -> str:
    """What a failed setup says: exactly one line, and nothing made."""
    result = machine.run("tools/setup")
    assert result.returncode == 1
    assert result.stdout == ""
    assert not (machine.folder / ".venv").exists()
    lines = [line for line in result.stderr.splitlines() if not line.startswith("Making .venv")]
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_with_everything_it_makes_the_environment(machine: Machine) -> None:
    result = machine.run("tools/setup")
    assert (result.returncode, result.stdout) == (0, "")
    assert calls(machine) == [
        "venv",
        "-m pip install --quiet --disable-pip-version-check uv==9.8.7",
        "uv sync --locked --quiet",
    ]


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


def test_a_half_made_environment_is_made_again(machine: Machine) -> None:
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
    machine.has("uv", UV)
    assert machine.run("tools/setup").returncode == 0
    assert calls(machine) == ["uv venv --quiet --python python3 .venv", "uv sync --locked --quiet"]


def test_no_python(machine: Machine) -> None:
    (machine.path / "python3").unlink()
    assert the_sentence(machine) == (
        "There is no Python: install 3.11 or newer with the installer of python.org, then run `make setup`."
    )


def test_old_python(machine: Machine) -> None:
    machine.has("python3", OLD_PYTHON)
    assert the_sentence(machine) == (
        f"Python 3.10.13 ({machine.path}/python3) is too old: "
        "install 3.11 or newer with the installer of python.org, then run `make setup`."
    )


def test_no_venv_module(machine: Machine) -> None:
    machine.has("python3", PYTHON_WITHOUT_VENV)
    machine.has("apt-get", "")
    machine.has("id", "echo 1000")
    assert the_sentence(machine) == (
        "Python's venv module is missing: "
        "install it with `sudo apt-get install -y python3-venv`, then run `make setup`."
    )


def test_no_node(machine: Machine) -> None:
    (machine.path / "node").unlink()
    machine.has("brew", "")
    assert the_sentence(machine) == (
        "There is no Node: install 20.19 or newer with `brew install node`, then run `make setup`."
    )


@pytest.mark.parametrize("version", ["v18.20.4", "v20.9.0", "v20.18.3"])
def test_old_node(machine: Machine, version: str) -> None:
    machine.has("node", f"echo {version}")
    assert the_sentence(machine) == (
        f"Node {version} ({machine.path}/node) is too old: install 20.19 or newer "
        "with `nvm install 24` or the installer of nodejs.org, then run `make setup`."
    )


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.12.0", "v30.1.0"])
def test_new_enough_node(machine: Machine, version: str) -> None:
    machine.has("node", f"echo {version}")
    assert machine.run("tools/setup").returncode == 0


def test_no_npm(machine: Machine) -> None:
    (machine.path / "npm").unlink()
    machine.has("apt-get", "")
    machine.has("id", "echo 0")
    assert the_sentence(machine) == (
        "Node is here but npm is not: install it with `apt-get install -y npm`, then run `make setup`."
    )
