"""The command as a whole: quick to start, complete, and the same everywhere."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conducky.cli.app import PANELS
from conducky.cli.options import EXIT_CODES
from conducky.repository import version
from tests.conducky.cli.command_tree import every_command, typed

HEAVY = (
    *("pulumi", "boto3", "grpc", "pydantic", "httpx", "docker", "yaml", "rich.markdown", "rich.traceback"),
    *("conducky.rehearsal", "conducky.settings"),
)
CONDUCKY = Path(sys.executable).with_name("conducky")
SCREENS = [(), *every_command(), *{words[:1] for words in every_command() if len(words) > 1}]
screens = pytest.mark.parametrize("words", SCREENS, ids=" ".join)


def shown(*words: str, columns: int = 80) -> str:
    result = typed(*words, "--help", columns=columns)
    assert (result.code, result.err) == (0, "")
    return result.out


@pytest.mark.engine
def test_help_imports_nothing_heavy() -> None:
    """Each of these takes a part of a second, and only some commands need them."""
    script = (
        "import sys; from typer.testing import CliRunner; from conducky.cli.app import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.engine
def test_what_looks_at_aws_imports_nothing_of_a_program_or_a_rehearsal() -> None:
    """`conducky status` answers in two seconds; pulumi alone would take half of them."""
    script = (
        "import sys; from conducky.operations import rehearsed, status_aws, status_view; "
        "print([name for name in ('pulumi', 'grpc', 'httpx', 'yaml', 'psutil', 'conducky.settings') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_the_help_screen_has_every_command_once_in_a_panel_and_on_one_line() -> None:
    named = [name for names in PANELS.values() for name in names]
    assert sorted(named) == sorted({words[0] for words in every_command()})
    screen = shown()
    places = [screen.index(f"\n{panel}:\n") for panel in PANELS]
    assert places == sorted(places)
    for names in PANELS.values():
        for name, line in names.items():
            assert re.search(rf"^  {name}  +{re.escape(line)}$", screen, re.MULTILINE)


@screens
@pytest.mark.parametrize("columns", [60, 40])
def test_narrow_help_breaks_lines_between_words_and_cuts_nothing_off(words: tuple[str, ...], columns: int) -> None:
    wide, narrow = shown(*words), shown(*words, columns=columns)
    assert "".join(narrow.split()) == "".join(wide.split())
    if columns >= 60:  # Narrower ones have no room for the longest words beside the longest options
        parts = [re.sub(r"-\s+", "-", text).split() for text in (wide, narrow)]  # A name may be broken at its hyphen
        assert parts[0] == parts[1]
    assert "..." not in re.sub(r"[\]}]\.\.\.", "", wide), "a line is cut off"
    assert wide.isascii()
    assert max(map(len, wide.splitlines())) <= 80
    assert max(len(line) for line in narrow.splitlines() if " " in line.strip()) <= columns + 2


def test_the_version_is_that_of_pyproject() -> None:
    result = typed("--version")
    assert (result.code, result.out) == (0, f"conducky {version()}\n")


def test_the_help_screen_says_what_exit_codes_mean() -> None:
    text = " ".join(shown().partition("Exit codes:")[2].split())
    for code, meaning in EXIT_CODES.items():
        assert f"{code} {meaning}" in text


@pytest.mark.parametrize("words", [words for words in every_command() if words[0] not in {"preview", "deploy"}])
def test_an_option_that_does_not_exist_is_exit_code_2(words: tuple[str, ...]) -> None:
    result = typed(*words, "--sotck", "dev")
    assert (result.code, result.out) == (2, "")
    assert "No such option: --sotck" in result.err


# What an option means where it is not the shared one, and why it has the same name.
OF_ITS_OWN = {
    ("adopt", "--stack"),  # Without it, all stacks
    ("pipeline summary", "--layer"),  # Of the step, which is always one
}
SHORT = {"--stack": "-s", "--yes": "-y", "--follow": "-f", "--watch": "-w", "--help": "-h"}


def options() -> dict[str, dict[str, tuple[object, ...]]]:
    """Each option's short form, help, default and metavar, by name and command."""
    found: dict[str, dict[str, tuple[object, ...]]] = {}
    for words, command in every_command().items():
        for each in command.params:
            names = [name for name in each.opts if name.startswith("--")]
            if names and (" ".join(words), names[0]) not in OF_ITS_OWN:
                short = tuple(name for name in each.opts if not name.startswith("--"))
                meaning = (short, each.help, str(each.default), each.metavar, each.is_flag)
                found.setdefault(names[0], {})[" ".join(words)] = meaning
    return found


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("exec", "backend", "ls", "-la"), "conducky exec backend -- ls -la"),
        (("run", "backend", "echo", "a b", "--force"), "conducky run backend -- echo 'a b' --force"),
    ],
)
def test_the_forgotten_dashes_before_a_command_are_named_with_the_whole_line(words: tuple[str, ...], line: str) -> None:
    assert typed(*words).err.endswith(f"Put `--` before the command: {line}\n")


@pytest.mark.parametrize("words", [("exec", "-x", "backend"), ("exec", "backend", "-x"), ("run", "backend", "-x", "a")])
def test_an_unknown_option_of_ours_needs_no_dashes(words: tuple[str, ...]) -> None:
    assert "No such option: -x\n" in typed(*words).err


def test_an_option_of_one_name_has_one_short_form_meaning_and_text_everywhere() -> None:
    different = {name: by for name, by in options().items() if len(set(by.values())) > 1}
    assert different == {}


def test_short_forms_are_those_that_are_agreed() -> None:
    found = {name: next(iter(by.values()))[0] for name, by in options().items()}
    assert {name: short for name, short in found.items() if short} == {
        name: (short,) for name, short in SHORT.items() if name != "--help"
    }


def _has(command: Any, name: str) -> bool:  # noqa: ANN401
    return any(name in each.opts for each in command.params)


def test_what_a_stack_is_can_be_said_to_every_command_but_those_without_one() -> None:
    without = {words for words, command in every_command().items() if not _has(command, "--stack")}
    assert without == {("engine",), ("pipeline", "stacks"), ("pipeline", "tools")}
    for words, command in every_command().items():
        for each in command.params:
            if "--stack" in each.opts and words != ("adopt",):
                assert (each.default, each.opts) == ("dev", ["--stack", "-s"]), words


def test_what_asks_for_consent_can_be_told_yes() -> None:
    asking = {words for words, command in every_command().items() if _has(command, "--yes")}
    database = {("database", verb) for verb in ("forget", "restore", "rotate-password")}
    assert asking == {("deploy",), ("adopt",), ("rollback",), *database}


def test_json_is_a_flag_of_what_a_script_reads() -> None:
    reading = {" ".join(words) for words, command in every_command().items() if _has(command, "--json")}
    assert reading == {"status", "logs", "releases", "cost", "doctor", "verify", "adopt", "database backups"}


def test_a_service_is_the_first_argument_and_what_is_run_the_last() -> None:
    for words, command in every_command().items():
        arguments = [each.name for each in command.params if each.param_type_name == "argument"]
        if "service" in arguments or "services" in arguments:
            assert arguments[0] in {"service", "services"}, words
        if "command" in arguments:
            assert arguments[-1] == "command", words


# Completion


def completed(shell: str, line: str, folder: Path) -> tuple[int, str]:
    """What the shell would offer, asked from another folder as its script asks."""
    words = line.split(" ")
    variables = {
        "_CONDUCKY_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    environment = {**os.environ, **variables}
    done = subprocess.run([CONDUCKY], env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.engine
@pytest.mark.parametrize(
    ("shell", "line", "offered", "other"),
    [
        ("bash", "conducky database back", "backups", "restore"),
        ("zsh", "conducky rol", "rollback", "rehearse"),
        ("fish", "conducky status --stack ", "prod", "services"),
        ("bash", "conducky logs b", "backend", "frontend"),
        ("zsh", "conducky deploy --layer pl", "platform", "bootstrap"),
    ],
)
def test_each_shell_completes_commands_stacks_layers_and_services(
    tmp_path: Path, shell: str, line: str, offered: str, other: str
) -> None:
    code, answer = completed(shell, line, tmp_path)
    assert code == 0
    assert offered in answer
    assert other not in answer


@pytest.fixture
def shells(tmp_path: Path) -> Path:
    """A folder of programs that are called as shells are, and run what they get."""
    bash = next(path for path in (Path("/bin/bash"), Path("/usr/bin/bash")) if path.exists())
    for name in ("bash", "zsh", "fish"):
        (tmp_path / name).symlink_to(bash)
    return tmp_path


@pytest.mark.engine
@pytest.mark.parametrize(("shell", "word"), [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "--arguments")])
def test_completion_prints_and_installs_for_the_shell_that_asks(shells: Path, shell: str, word: str) -> None:
    environment = {**os.environ, "HOME": str(shells / "home")}
    (shells / "home").mkdir()

    def run(option: str) -> subprocess.CompletedProcess[str]:
        command = [shells / shell, "-c", f"'{CONDUCKY}' {option}; exit $?"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    printed, installed = run("--show-completion"), run("--install-completion")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert word in printed.stdout
    assert (installed.returncode, installed.stderr) == (0, "")
    kept = [file.read_text() for file in (shells / "home").rglob("*conducky*") if file.is_file()]
    assert [text.strip() for text in kept] == [printed.stdout.strip()]


@pytest.mark.engine
def test_completion_that_cannot_be_installed_says_what_to_do(shells: Path) -> None:
    (shells / "home").write_text("not a folder")
    command = [shells / "bash", "-c", f"'{CONDUCKY}' --install-completion; exit $?"]
    environment = {**os.environ, "HOME": str(shells / "home")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "conducky --show-completion" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.engine
@pytest.mark.parametrize("kind", ["ENOSPC", "EACCES", "EROFS"])
def test_a_file_that_cannot_be_written_is_one_line(kind: str) -> None:
    code = f"""import errno
from conducky.cli.app import main
def command(**_): raise OSError(errno.{kind}, "the reason", "services/Pulumi.dev.new")
main(command)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    said = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert said.startswith("✗ services/Pulumi.dev.new cannot be read or written (the reason): ")
