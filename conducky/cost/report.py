"""An estimate as a person reads it on a terminal."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from conducky.cost.advice import Advice
from conducky.cost.bill import SPOT_DISCOUNT, Line, cents
from conducky.cost.difference import Bill, differences, signed
from conducky.cost.estimate import Estimate
from conducky.errors import UserError

_WIDE = 72  # columns; in fewer, a line has no quantity and no unit price, for numbers are never cut


def in_one_line(estimate: Estimate) -> str:
    """The total as a sentence: `dev costs about $49.43 a month on AWS (us-east-1, Spot at 70% off)`."""
    spot = f", Spot at {SPOT_DISCOUNT:.0%} off" if estimate.has_spot else ""
    return f"{estimate.stack} costs about ${estimate.month} a month on AWS ({estimate.region}{spot})"


def cost_in_one_line(stack: str, make: Callable[[], Estimate]) -> str:
    """The total as a sentence, or why there is none: nothing fails because its cost is not known."""
    try:
        return in_one_line(make())
    except UserError as error:
        return f"what {stack} costs a month is not known: {error}"


def print_estimate(console: Console, estimate: Estimate, advice: Sequence[Advice]) -> None:
    """The lines, the total, what is free, what was assumed, where the prices are from, and what would cost less."""
    sources = [*dict.fromkeys(_source(line) for line in estimate.lines)]
    is_wide = console.width >= _WIDE
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("resource", "what"):
        table.add_column(column, overflow="fold")
    for column in ("quantity", "unit price", "month", "") if is_wide else ("month", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for line in estimate.lines:
        quantity = f"{number(line.quantity)} {line.price.unit}"
        source = f"[dim]{escape(f'[{sources.index(_source(line)) + 1}]')}[/]"
        basis = (quantity, in_dollars(line.unit_price())) if is_wide else ()
        table.add_row(line.resource, line.what, *basis, f"${cents(line.month())}", source)
    console.print(table)
    console.print(f"\n[bold]{escape(in_one_line(estimate))}[/]", highlight=False, soft_wrap=True)
    if estimate.has_spot:
        more = f"Spot floats: at 50 % off it would be ${estimate.month_at_lower_discount}."
        console.print(more, highlight=False, soft_wrap=True)
    for note in estimate.notes:
        console.print(f"[yellow]![/] {escape(note)}", highlight=False, soft_wrap=True)
    _print_details(console, estimate, sources)
    if advice:
        console.print("\nTo pay less:")
    for each in advice:
        commands = escape(" && ".join(each.commands(estimate.stack)))
        reason = f"[dim]{escape(each.takes_away)}[/]"
        console.print(f"[green]-${each.saves}[/] {commands}  {reason}", highlight=False, soft_wrap=True)


def print_comparison(console: Console, before: Bill, after: Bill) -> None:
    """What the second of two estimates costs more or less than the first, and why."""
    delta = after["total_usd_month"] - before["total_usd_month"]
    console.print(f"\n{after['stack']} costs {signed(delta)} a month against {before['stack']}:", highlight=False)
    for difference in differences(before, after):
        console.print(f"  {escape(difference.in_words())}", highlight=False, soft_wrap=True)


def in_dollars(price: Decimal) -> str:
    """A price in full, with its cents: `$0.10`, `$0.0225`."""
    whole, _, part = number(price).partition(".")
    return f"${whole}.{part:0<2}"


def number(value: Decimal) -> str:
    """Without the zeros at its end: `0.0225`, `730`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _source(line: Line) -> str:
    return f"{line.price.source}, {line.price.date}"


def _print_details(console: Console, estimate: Estimate, sources: Sequence[str]) -> None:
    free = sum(estimate.free.values())
    details = [
        estimate.usage.in_words(),
        f"{free} other resources are free: `--json` gives the reason for each type.",
        f"Prices of {estimate.checked}: " + "; ".join(f"[{at}] {source}" for at, source in enumerate(sources, 1)) + ".",
    ]
    for detail in details:
        console.print(f"[dim]{escape(detail)}[/]", highlight=False, soft_wrap=True)
