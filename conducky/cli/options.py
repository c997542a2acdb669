"""The options that several commands share, each of one name, short form and meaning, and what exit codes mean."""

import os
import shlex
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer._click.exceptions import NoSuchOption
from typer.core import TyperCommand, TyperGroup

from conducky.repository import APPLICATIONS, LAYERS, SERVICES, WORKER, require_possible, stack_file, stacks
from conducky.terminal import new_console, say

if TYPE_CHECKING:
    from conducky.operations.deployments import Deployments
    from conducky.operations.target import Target

EXIT_CODES: Final = {
    "0": "Done. `status` and `doctor`: and all is well.",
    "1": "It failed, or something has to be fixed first. The last line says what, and how.",
    "2": "The command line is wrong.",
    "3": "`status`, `doctor`, `setup github`: something is left for you to do.",
    "128 + n": "Ended by signal n: 130 is Ctrl-C.",
    "other": "Of what was run: `pulumi`, `psql`, or your own command.",
}


def _beginning(known: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [each for each in known() if each.startswith(incomplete)]

    return complete


def _services() -> Iterable[str]:
    """The services of the sample's stacks; the worker where a stack file has one."""
    files = [stack_file("services", stack) for stack in stacks()]
    worker = any(f"services:{WORKER}:" in file.read_text("utf-8", "replace") for file in files if file.is_file())
    return SERVICES if worker else APPLICATIONS


def _known_stack(context: typer.Context, stack: str) -> str:
    """Refuse a stack without settings before anything else is done.

    One that is removed may have lost them, and the rehearsal that CONDUCKY_REHEARSAL names may have its own elsewhere.
    """
    require_possible(stack)
    if context.command.name != "destroy" and "CONDUCKY_REHEARSAL" not in os.environ:
        stack_file("services", stack)
    return stack


STACK_NAMES, SERVICE_NAMES, LAYER_NAMES = (_beginning(each) for each in (stacks, _services, lambda: LAYERS))

Stack = Annotated[
    str,
    typer.Option(
        "--stack",
        "-s",
        help="The stack, of the same name in each layer.",
        autocompletion=STACK_NAMES,
        callback=_known_stack,
    ),
]
Layer = Annotated[
    str | None,
    typer.Option(help="This layer only; bootstrap needs an AWS admin, and must be named.", autocompletion=LAYER_NAMES),
]
Repo = Annotated[
    str | None, typer.Option(help="The GitHub repository; else the settings', or this folder's.", metavar="OWNER/NAME")
]
Service = Annotated[str, typer.Argument(help="backend, frontend or worker.", autocompletion=SERVICE_NAMES)]
Task = Annotated[str, typer.Option(help="Only this task: the beginning of its id.", metavar="ID")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, and nothing else.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]
OnRehearsal = Annotated[bool, typer.Option("--rehearsal", help="On the rehearsal that runs here, not on AWS.")]

# Unknown options go to the command that ours runs.
PASSING_ON = {"ignore_unknown_options": True}


class AfterDashes(TyperCommand):
    """A command that takes another one after `--`, and says so where that is forgotten."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  # typer's click has no types
        """Raise UsageError with the whole line as it should be, where an option belongs to the other command."""
        given = [*args]
        try:
            return super().parse_args(ctx, args)
        except NoSuchOption as error:
            service, *words = given
            if "--" not in given and not service.startswith("-") and words and not words[0].startswith("-"):
                error.message += f". Put `--` before the command: {ctx.command_path} {service} -- {shlex.join(words)}"
            raise


class Group(TyperGroup):
    """Commands below a word, such as `database`, listed with all that their first paragraph says."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002  # typer's click has no types
        """Write what each is for."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, (command.help or "").partition("\n\n")[0]) for name, command in self.commands.items()]
            )


STDERR = new_console(stderr=True)


def note(line: str) -> None:
    """Print a line for the person, apart from what a script reads."""
    say(STDERR, line)


def find_target(stack: str, *, rehearsal: bool) -> "Target":
    """The stack in AWS, or its rehearsal that runs here. Raises UserError when it cannot be found."""
    from conducky.operations.rehearsed import target_of

    return target_of(stack, note, rehearsal=rehearsal)


def deployments_of(target: "Target") -> "Deployments":
    """Deployments of this stack, each proven live and without a question."""
    from conducky.operations.deployments import Deployments
    from conducky.verification.verify import deploy_and_prove

    return Deployments(
        target, lambda pulumi, options: deploy_and_prove(pulumi, options, STDERR, new_console(), yes=True)
    )
