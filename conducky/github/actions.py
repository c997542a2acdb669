"""What a step of GitHub Actions can write: outputs, the job's summary, annotations. Elsewhere it is printed.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import os
import re
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from conducky.environment import variable
from conducky.errors import UserError, printable
from conducky.github.redaction import redact

_COMMAND = re.compile(r"^(\s*)::")


def set_output(name: str, value: str) -> None:
    """Hand a value to later steps and jobs; outside GitHub Actions print it."""
    mark = uuid.uuid4().hex  # so that no value can end its own text and begin another's
    _append("GITHUB_OUTPUT", f"{name}<<{mark}\n{value}\n{mark}\n", else_print=f"{name}: {value}")


def add_to_path(folder: Path) -> None:
    """Put a folder in front of PATH for later steps."""
    _append("GITHUB_PATH", f"{folder}\n", else_print=f'export PATH="{folder}:$PATH"')


def add_to_summary(markdown: str) -> None:
    """Add to the page that the run shows for its job."""
    text = redact(markdown)
    _append("GITHUB_STEP_SUMMARY", f"{text}\n\n", else_print=text)


def annotate(title: str, message: str, level: str = "error") -> None:
    """An error at the top of the run; elsewhere nothing, because the message is printed anyway."""
    if variable("GITHUB_ACTIONS") == "true":
        sys.stdout.write(f"::{level} title={_data(redact(title), ':,')}::{_data(redact(message))}\n")
        sys.stdout.flush()


@contextmanager
def annotated(title: str) -> Generator[None]:
    """Annotate the run with the UserError that stops what is done here."""
    try:
        yield
    except UserError as error:
        annotate(title, str(error))
        raise


def harmless(text: str) -> str:
    """Text of others as it may be printed: no line of it acts as a command of the workflow or the terminal.

    The runner obeys a line that begins with `::`, and (older) one that holds `##[`.
    """
    return "\n".join(_COMMAND.sub(r"\1: :", printable(line)).replace("##[", "## [") for line in text.splitlines())


def run_address() -> str | None:
    """The address of this run's page."""
    server, repository, run = (variable(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def _append(file_variable: str, text: str, *, else_print: str) -> None:
    file = os.environ.get(file_variable)
    if not file:
        sys.stdout.write(f"{else_print}\n")
        return
    with Path(file).open("a", encoding="utf-8") as written:
        written.write(text)


def _data(text: str, also: str = "") -> str:
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{also}" else char for char in text)
