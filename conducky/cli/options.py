"""The options that several commands share."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from conducky.operations.target import Target

Stack = Annotated[str, typer.Option(help="The stack, of the same name in each layer.")]

OnRehearsal = Annotated[bool, typer.Option("--rehearsal", help="On the rehearsal that runs here, not on AWS.")]

# Unknown options go to the command that ours runs.
PASSING_ON = {"ignore_unknown_options": True}

STDERR = Console(stderr=True)


def note(line: str) -> None:
    """Print a line for the person, apart from what a script reads."""
    from conducky.terminal import say

    say(STDERR, line)


def find_target(stack: str, *, rehearsal: bool) -> "Target":
    """The stack in AWS, or its rehearsal that runs here. Raises UserError when it cannot be found."""
    from conducky.operations.rehearsed import target_of

    return target_of(stack, note, rehearsal=rehearsal)
