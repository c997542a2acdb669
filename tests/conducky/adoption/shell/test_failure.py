"""Whether a script goes on after a command failed: `MIGRATE` stands for the command."""

import subprocess
from pathlib import Path

import pytest

from conducky.adoption.shell import Script, ignored_failure, name_of

# By what is to be changed
GOES_ON = {
    "remove `|| true`": [
        "MIGRATE || true\nSERVE",
        "set -e\nMIGRATE || true\nSERVE",
        "run() {\n MIGRATE\n}\nrun || true\nSERVE",
    ],
    "remove `|| :`": ["{ MIGRATE; } || :\nSERVE"],
    "remove `|| echo failed`": ["MIGRATE || echo failed && SERVE", "MIGRATE 2>&1 || echo failed >&2; SERVE"],
    "remove `|| { echo failed sleep 1 }`": ["set -e\nMIGRATE || {\n  echo failed\n  sleep 1\n}\nSERVE"],
    "remove `|| (echo failed; sleep 1)`": ["MIGRATE >/tmp/log || (echo failed; sleep 1)\nSERVE"],
    "remove the `&` after it": ["MIGRATE & SERVE", "set -e\nMIGRATE >/dev/null &\nSERVE", "set -e\n(MIGRATE) & SERVE"],
    "write `&&` instead": ["MIGRATE; SERVE", "(MIGRATE); SERVE", "MIGRATE && echo done; SERVE"],
    "write `set -e` in the script's second line": [
        "MIGRATE\nSERVE",
        "set -e\nset +e\nMIGRATE\nSERVE",
        "set -u\nset -o pipefail\nMIGRATE\nSERVE",
        'if [ "$RUN" = true ]; then\n  MIGRATE\nfi\nSERVE',
        "if true; then\n  true\nelse\n  MIGRATE\nfi\nSERVE",
        "if false; then\n  true\nelif true; then\n  MIGRATE\nfi\nSERVE",
        "case x in\n  x) MIGRATE ;;\nesac\nSERVE",
        "run() {\n  MIGRATE\n}\nrun\nSERVE",
        "output=$(MIGRATE)\nSERVE",
        "MIGRATE\n# The server\nSERVE",
    ],
    "write it without the `|`": [
        "set -e\nMIGRATE | tee /dev/null\nSERVE",
        "set -e\nMIGRATE 2>&1 | tee /dev/null\nSERVE",
    ],
    "write what follows `&&` in a line of its own": ["set -e\nMIGRATE && echo done\nSERVE"],
    "write `exit 1` where it failed": [
        "set -e\nif MIGRATE; then\n  echo done\nelse\n  echo failed\nfi\nSERVE",
        "set -e\nif ! true; then\n  echo\nelif MIGRATE; then\n  echo done\nfi\nSERVE",
    ],
}
ENDS = [
    "MIGRATE && SERVE",
    "MIGRATE",
    "set -e\nMIGRATE\nSERVE",
    "set -eu\nMIGRATE >/dev/null 2>&1\nSERVE",
    "set -o errexit\nMIGRATE\nSERVE",
    "set -euo pipefail\nMIGRATE | cat\nSERVE",
    "MIGRATE || exit 1\nSERVE",
    "MIGRATE || { echo failed; exit 1; }\nSERVE",
    "MIGRATE\nif [ $? -ne 0 ]; then exit 1; fi\nSERVE",
    "if ! MIGRATE; then\n  echo failed\n  exit 1\nfi\nSERVE",
    "if MIGRATE; then\n  SERVE\nfi",
    "fail() {\n  echo failed\n  exit 1\n}\nif MIGRATE; then\n  echo done\nelse\n  fail\nfi\nSERVE",
    "fail() { exit 1; }\nMIGRATE || fail\nSERVE",
    "case x in\n  x) set -e\n     MIGRATE ;;\nesac\nSERVE",
    "set -e\n( true; { MIGRATE && true; } )\nSERVE",
    "trap 'echo failed; exit 1' ERR\nMIGRATE\nSERVE",
    "run() {\n  MIGRATE\n}\nset -e\nrun\nSERVE",
    'set -e\nif [ "$RUN" = true ]; then\n  MIGRATE\nfi\nSERVE',
    "MIGRATE && { echo done; SERVE; }",
    "set -e\noutput=$(MIGRATE)\nSERVE",
    "set -e\n(MIGRATE)\nSERVE",
    "set -e\n{ MIGRATE; }\nSERVE",
    "set -e\ncase x in\n  x) MIGRATE ;;\nesac\nSERVE",
]
NOBODY_CAN_TELL = [
    "until MIGRATE; do sleep 1; done\nSERVE",
    "for i in 1 2 3; do MIGRATE && break; sleep 1; done\nSERVE",
    "MIGRATE || other && SERVE",
    "MIGRATE || echo failed >/tmp/failed\n[ -e /tmp/failed ] || SERVE",
    "! MIGRATE\nSERVE",
]


def found(text: str) -> str | None:
    script = Script(text)
    command = next(each for each in script.commands if name_of(each) == "MIGRATE")
    ignored = ignored_failure(script, command)
    return ignored.fix if ignored else None


def serves(text: str, folder: Path) -> bool:
    """Whether a real shell gets to the server after a failed migration."""
    lines = f"RUN=true\nMIGRATE() {{ return 1; }}\nSERVE() {{ echo serves; }}\n{text}\nwait\n"
    file = folder / "start.sh"
    file.write_text(lines)
    ended = subprocess.run(["bash", file], capture_output=True, text=True, timeout=20, check=False, cwd=folder)
    return "serves" in ended.stdout


CASES = [(text, fix) for fix, texts in GOES_ON.items() for text in texts]


@pytest.mark.parametrize(("text", "fix"), CASES)
def test_a_script_that_goes_on(text: str, fix: str) -> None:
    assert found(text) == fix


@pytest.mark.parametrize("text", [*ENDS, *NOBODY_CAN_TELL])
def test_one_that_ends_or_tries_again(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize("first", ["#!/bin/bash -e", "#!/usr/bin/env -S bash -eu", "#!/bin/sh -eux"])
def test_the_first_line_may_say_that_it_ends(first: str) -> None:
    assert found(f"{first}\nMIGRATE\nSERVE") is None
    assert found(f"{first.partition(' -')[0]}\nMIGRATE\nSERVE")


@pytest.mark.engine
@pytest.mark.parametrize(("text", "goes_on"), [*((text, True) for text, _ in CASES), *((text, False) for text in ENDS)])
def test_a_real_shell_does_the_same(text: str, tmp_path: Path, *, goes_on: bool) -> None:
    assert serves(text, tmp_path) is goes_on


@pytest.mark.parametrize(
    "text",
    [
        "run() {\n  MIGRATE && run\n}\nrun",
        "one() {\n  MIGRATE && two\n}\ntwo() {\n  one\n}\none",
        "MIGRATE() {\n  MIGRATE\n}\n",
    ],
)
def test_functions_that_call_themselves(text: str) -> None:
    assert found(text) is None


def test_what_is_no_shell_has_no_failure() -> None:
    script = Script('const { a } = b("prisma migrate deploy"); if (x) { y() } else ((( \' ')
    assert not any(ignored_failure(script, each) for each in script.commands if "migrate" in str(each.text))
