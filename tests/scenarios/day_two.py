"""Commands in another terminal, on a rehearsal that runs in this process."""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from conducky.rehearsal.api import RehearsalApi
from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.deployment import QUIET

CONDUCKY = Path(sys.executable).with_name("conducky")


@contextmanager
def served_api(rehearsal: Rehearsal) -> Generator[None]:
    """Answer such commands until the end of the block."""

    def deploy(layer: str, settings: Mapping[str, str | None], replace: Sequence[str]) -> None:
        for key, value in settings.items():
            rehearsal.layer(layer).set_config(key, value)
        rehearsal.up(layer, QUIET, replace)

    with RehearsalApi(rehearsal, deploy).served():
        yield


def start(rehearsal: Rehearsal, *words: str) -> "subprocess.Popen[str]":
    folder = rehearsal.folder.path
    environment = {**os.environ, "TMPDIR": str(folder.parent), "COLUMNS": "200", "NO_COLOR": "1"}
    environment["CONDUCKY_REHEARSAL"] = str(folder)  # Another process may test another rehearsal of dev just now
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION"):
        environment.pop(name, None)
    verb = 2 if words[0] == "database" else 1
    return subprocess.Popen(
        [CONDUCKY, *words[:verb], "--rehearsal", *words[verb:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def conducky(rehearsal: Rehearsal, *words: str, code: int = 0) -> str:
    process = start(rehearsal, *words)
    out, err = process.communicate(timeout=250)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    assert f"the rehearsal of dev in {rehearsal.folder.path}" in err
    return out if code == 0 else out + err
