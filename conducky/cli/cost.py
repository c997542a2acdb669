"""`conducky cost`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from conducky.cli.options import Json, Stack
from conducky.errors import UserError, quoted
from conducky.repository import stacks
from conducky.terminal import new_console

commands = typer.Typer()


@commands.command()
def cost(
    stack: Stack = "dev",
    region: Annotated[str | None, typer.Option(help="The AWS region; else AWS_REGION, else us-east-1.")] = None,
    hours_per_day: Annotated[
        float | None,
        typer.Option(
            min=0, max=24, help="How long tasks and database run each day; else as `schedule` says.", metavar="HOURS"
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(help="Show what differs from another stack, or from a file of --json.", metavar="STACK|FILE"),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show what a stack costs a month on AWS, from what its programs register; nothing is deployed or called."""
    from decimal import Decimal

    from conducky.cost.advice import advise
    from conducky.cost.bill import Usage
    from conducky.cost.difference import compared, read_bill
    from conducky.cost.estimate import estimate, evaluate_stack, price_stack
    from conducky.cost.report import print_comparison, print_estimate

    usage = None if hours_per_day is None else Usage(hours_per_day=Decimal(f"{hours_per_day:g}"))
    evaluated = evaluate_stack(stack, region=region)
    now = price_stack(evaluated, usage=usage)
    before: dict[str, Any] | None = None
    if compare:
        if not (is_file := Path(compare).is_file()) and compare not in (known := stacks()):
            raise UserError(
                f"--compare is {quoted(compare)}, neither a file nor a stack (there are {', '.join(known)})",
                "name one of those, or a file that `conducky cost --json` wrote",
            )
        before = read_bill(Path(compare)) if is_file else estimate(compare, region=region, usage=usage).as_json()
    advice = advise(evaluated, usage)
    bill = now.as_json() | {"advice": [each.as_json(stack) for each in advice]}
    if before:
        bill["compared_with"] = compared(before, bill)
    if as_json:
        typer.echo(json.dumps(bill, indent=2))
        return
    console = new_console()
    print_estimate(console, now, advice)
    if before:
        print_comparison(console, before, bill)
