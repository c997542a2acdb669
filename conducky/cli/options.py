"""The options that several commands share."""

from typing import Annotated

import typer
from rich.console import Console

Stack = Annotated[str, typer.Option(help="The stack, of the same name in each layer.")]

OnRehearsal = Annotated[bool, typer.Option("--rehearsal", help="On the rehearsal that runs here, not on AWS.")]

# Unknown options go to the command that ours runs.
PASSING_ON = {"ignore_unknown_options": True}

STDERR = Console(stderr=True)
