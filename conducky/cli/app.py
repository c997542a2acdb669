"""The `conducky` command as a whole: its groups, its errors and its signals."""

import errno
import os
import signal
import sys
from types import FrameType
from typing import Annotated, Any, Final

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
from conducky.cli.options import EXIT_CODES, STDERR, Group  # noqa: E402
from conducky.environment import bypass_proxy_locally, forget_own_database  # noqa: E402
from conducky.errors import UserError  # noqa: E402
from conducky.repository import version  # noqa: E402
from conducky.signals import Interrupted  # noqa: E402
from conducky.terminal import columns, say, say_error, write_what_the_locale_can  # noqa: E402

# The help screen: each command where a person looks for it, on one line.
PANELS: Final = {
    "Try it": {
        "rehearse": "Deploy everything to your computer, without AWS",
        "develop": "Run both applications with reload, on a rehearsal",
        "adopt": "Use applications of your own instead of the sample",
        "cost": "Show what a stack costs a month, before you deploy",
    },
    "Deploy": {
        "doctor": "Check whether a deployment can succeed",
        "preview": "Show what a deployment would change",
        "deploy": "Deploy to AWS, and prove that the release is live",
        "verify": "Prove again that the last release is live",
        "destroy": "Remove from AWS what was deployed",
    },
    "Every day": {
        "status": "Show what runs, and what is not well",
        "logs": "Show what the tasks wrote",
        "exec": "Open a shell in a running container",
        "run": "Run a command in a task of its own",
        "database": "Open psql or a tunnel, back up, restore",
        "migration": "Write a Prisma migration",
        "start": "Start what `stop` or the schedule has stopped",
        "stop": "Stop all tasks and the database, which saves money",
    },
    "When something is wrong": {
        "releases": "List what was proven live",
        "rollback": "Run an earlier release again",
    },
    "Once": {
        "setup": "Prepare a GitHub repository that deploys",
        "credentials": "Create, rotate and revoke the deployer's keys",
        "administrator-link": "Create the application's first administrator",
        "engine": "Get the Pulumi engine before it is needed",
    },
    "In GitHub Actions": {"pipeline": "What the workflows run"},
}


class _InPanels(Group):
    """The commands in the order and the panels of `PANELS`."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401  # typer's own copy of click has no types
        """The commands' names in the order in which they are shown."""
        return [*dict.fromkeys([name for names in PANELS.values() for name in names] + super().list_commands(ctx))]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        """Write each panel, and what exit codes mean, below the options."""
        for panel, lines in {**PANELS, "Exit codes": EXIT_CODES}.items():
            with formatter.section(panel):
                formatter.write_dl([*lines.items()], col_max=18)


# What can stop any command, and is not a bug
_FIXES: Final = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "free some space"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "let this user read and write it, then try again"),
}
_WIDEST: Final = 80  # columns of help, which is as narrow as the terminal where that is narrower

# Plain help, without boxes: it is there at once, and reads well on every terminal.
app = typer.Typer(
    cls=_InPanels,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="`conducky COMMAND --help` says more about each.",
    context_settings={"help_option_names": ["--help", "-h"]},
)
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


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # as typer calls it
    if wanted:
        typer.echo(f"conducky {version()}")
        raise typer.Exit


@app.callback()
def conducky(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version, and end.")
    ] = False,
) -> None:
    """Deploy a Next.js frontend and an Express backend to AWS, and rehearse the deployment locally."""


def main(command: typer.Typer = app) -> None:
    """Run a command; a person's mistake is one line and exit code 1, signal n is exit code 128 + n."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGHUP: the terminal was closed
        signal.signal(number, _interrupt)
    write_what_the_locale_can()
    bypass_proxy_locally()
    forget_own_database()
    try:
        command(terminal_width=min(columns(), _WIDEST) - 2)
    except Interrupted as interrupted:
        say(STDERR, f"ended by {interrupted}")
        sys.exit(128 + interrupted.number)
    except UserError as error:
        say_error(STDERR, error)
        sys.exit(1)
    except OSError as error:
        if error.errno == errno.EIO:  # The terminal was closed while something was printed
            sys.exit(128 + signal.SIGHUP)
        installs = "--install-completion" in sys.argv
        fix = _FIXES.get(error.errno or 0)
        if installs:
            fix = "add what `conducky --show-completion` prints to your shell yourself"
        if fix is None:
            raise
        say_error(
            STDERR, UserError(f"{error.filename or 'the output'} cannot be read or written ({error.strerror})", fix)
        )
        sys.exit(1)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """Unwind, so that everything is cleaned up on the way."""
    raise Interrupted(number)
