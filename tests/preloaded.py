"""The `conducky` command in processes that have its modules already: loading them takes each call a second otherwise.

A server, itself loaded once, forks for each call. Arguments, environment, output and exit code are those of the command
as a person starts it; `tests/conducky/cli/test_deploy.py` and `make` in the workflows start it without this.
"""

import multiprocessing
import os
import pkgutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conducky.repository import ROOT

_SECONDS = 120.0
_PACKAGES = ("cli", "deployment", "github", "pipeline", "settings", "verification")
_MODULES = [
    module.name
    for name in _PACKAGES
    for module in pkgutil.iter_modules([str(ROOT / "conducky" / name)], f"conducky.{name}.")
]
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([*_MODULES, "boto3", "botocore.config", "tests.fakes.aws_descriptions"])


@dataclass(frozen=True)
class Done:
    """How a call ended; with `merged` output all of it is in `stdout`, in its order."""

    returncode: int
    stdout: str
    stderr: str


def conducky(*words: str, environment: Mapping[str, str], merged: bool = False) -> Done:
    """Run `conducky WORDS...` with exactly this environment, in the repository's folder and with nobody to answer.

    Raises:
        TimeoutError: it did not end within two minutes.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = (Path(folder) / name for name in ("out", "err"))
        process = _server.Process(target=_call, args=(words, dict(environment), out, out if merged else err))
        process.start()
        process.join(_SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"conducky {words} did not end within {_SECONDS:g} s")
        read = [file.read_text(encoding="utf-8") if file.exists() else "" for file in (out, err)]
        return Done(process.exitcode, *read)


def _call(words: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
    """In the fork: become the command."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    for number, file in ((0, Path(os.devnull)), (1, out), (2, err)):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = [str(Path(sys.executable).with_name("conducky")), *words]

    from conducky.cli.app import main  # noqa: PLC0415  # there already

    main()
