"""The `conducky` command as a whole: its groups, its errors and its signals."""

import os
import signal
import sys
from types import FrameType

# While modules load, Ctrl-C ends the command without a traceback; `main` takes over.
signal.signal(signal.SIGINT, signal.SIG_DFL)

# Read when grpc is imported: children are started while calls are under way, and none of them uses gRPC.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import typer  # noqa: E402

from conducky.cli import (  # noqa: E402
    administrator_link,
    adopt,
    cost,
    credentials,
    database,
    deploy,
    doctor,
    exec,  # noqa: A004  # the command's name
    logs,
    migration,
    pipeline,
    rehearse,
    rollback,
    run,
    running,
    setup,
    status,
)
from conducky.cli.options import STDERR  # noqa: E402
from conducky.environment import bypass_proxy_locally  # noqa: E402
from conducky.errors import UserError  # noqa: E402
from conducky.signals import Interrupted  # noqa: E402
from conducky.terminal import say, say_error  # noqa: E402

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
for group in (
    rehearse,
    adopt,
    doctor,
    cost,
    deploy,
    status,
    logs,
    exec,
    run,
    rollback,
    running,
    migration,
    administrator_link,
):
    app.add_typer(group.commands)
app.add_typer(credentials.commands, name="credentials")
app.add_typer(database.commands, name="database")
app.add_typer(setup.commands, name="setup")
app.add_typer(pipeline.commands, name="pipeline")


@app.callback()
def conducky() -> None:
    """Deploy a Next.js frontend and an Express backend to AWS, and rehearse the deployment locally."""


def main(command: typer.Typer = app) -> None:
    """Run a command; a person's mistake is one line and exit code 1, signal n is exit code 128 + n."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
        signal.signal(number, _interrupt)
    bypass_proxy_locally()
    try:
        command()
    except Interrupted as interrupted:
        say(STDERR, f"ended by {interrupted}")
        sys.exit(128 + interrupted.number)
    except UserError as error:
        say_error(STDERR, error)
        sys.exit(1)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """Unwind, so that everything is cleaned up on the way."""
    raise Interrupted(number)
