"""docs/cost.md and docs/cost.svg: the tables between the page's markers, and the chart, written from the code."""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from conducky.cost.bill import Line, cents, total
from conducky.cost.difference import signed
from conducky.cost.estimate import Changes, Estimate, StackEvaluation, evaluate_stack, price_stack
from conducky.cost.prices import HOME, read_prices
from conducky.cost.report import in_dollars
from conducky.repository import ROOT
from conducky.settings.schema import ALL_SETTINGS
from tools.docs.chart import chart
from tools.docs.markdown import table
from tools.docs.pages import write_generated_parts
from tools.docs.peers import read_peers

PAGE, CHART = Path("docs") / "cost.md", Path("docs") / "cost.svg"
# One with a setting that a layer does not have is left out.
_VARIANTS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "variants.toml").read_text("utf-8"))[
    "variants"
]
_CREDITS = (100, 200)


def write_cost_page(root: Path = ROOT) -> Path:
    """Write the page's tables and the chart into a repository, and return the page."""
    parts, svg = cost_page()
    (root / CHART).write_text(svg, encoding="utf-8")
    return write_generated_parts(root, PAGE, parts)


def cost_page() -> tuple[dict[str, str], str]:
    """The generated parts of the page, and the chart; as of the table's own day, so that neither changes by itself."""
    evaluated = {stack: evaluate_stack(stack, region=HOME) for stack in ("dev", "prod")}
    stacks = {stack: price_stack(each, today=read_prices().checked) for stack, each in evaluated.items()}
    variants = dict(_variants(evaluated["dev"]))
    months = {f"`{stack}`": each.month for stack, each in stacks.items()}
    months |= {f"`dev`, {name}": month for name, month in variants.items() if "12 hours" in name}
    parts = {
        "stacks": _stacks(stacks),
        "settings": _settings(stacks["dev"], variants),
        "peers": _peers(stacks),
        "credits": _credits(months),
        "prices": _prices(stacks.values()),
    }
    bars = {peer.name: peer.months for peer in read_peers()[1]}
    bars |= {f"this project, {stack}": _by_item(stacks[stack]) for stack in ("prod", "dev")}
    return parts, chart("US dollars a month in us-east-1: two services and a Postgres of 20 GB", bars)


def _stacks(stacks: Mapping[str, Estimate]) -> str:
    places = dict.fromkeys((line.resource, line.price.item) for each in stacks.values() for line in each.lines)
    rows = [
        (resource, item, *(_of(each.lines, resource, item) for each in stacks.values())) for resource, item in places
    ]
    rows.append(("**total**", "", *(f"**${each.month}**" for each in stacks.values())))
    half = (f"${each.month_at_lower_discount}" if each.has_spot else "" for each in stacks.values())
    rows.append(("with Spot at 50 % off", "", *half))
    return table(("Resource", "What", *(f"`{stack}`" for stack in stacks)), rows)


def _of(lines: Iterable[Line], resource: str, item: str) -> str:
    return f"${total([line for line in lines if (line.resource, line.price.item) == (resource, item)])}"


def _variants(dev: StackEvaluation) -> Iterable[tuple[str, Decimal]]:
    known = {kind.layer: {*kind.model_json_schema()["properties"]} for kind in ALL_SETTINGS}
    for each in _VARIANTS:
        changes: Changes = each.get("changes", {})
        if all(settings.keys() <= known[layer] for layer, settings in changes.items()):
            evaluated = evaluate_stack("dev", region=HOME, changes=changes, unchanged=dev)
            yield each["name"], price_stack(evaluated).month


def _settings(dev: Estimate, variants: Mapping[str, Decimal]) -> str:
    rows = [("as it is", f"${dev.month}", "")]
    rows += [(name, f"${month}", signed(float(month - dev.month))) for name, month in variants.items()]
    return table(("`dev`, one thing changed", "A month", "Difference"), rows)


def _peers(stacks: Mapping[str, Estimate]) -> str:
    checked, peers = read_peers()
    rows = [(peer.name, f"{peer.what} ({peer.source})", _lines(peer.months), f"${peer.month}") for peer in peers]
    rows += [
        (f"this project, `{stack}`", "", _lines(_by_item(each)), f"${each.month}") for stack, each in stacks.items()
    ]
    return table(("Tool", "What its defaults create", "A month, by item", "Total"), rows) + f"\nRead on {checked}.\n"


def _by_item(estimate: Estimate) -> dict[str, Decimal]:
    months: dict[str, Decimal] = {}
    for line in estimate.lines:
        months[line.price.item] = months.get(line.price.item, Decimal(0)) + line.month()
    return months


def _lines(months: Mapping[str, Decimal]) -> str:
    return "; ".join(f"{item} ${cents(month)}" for item, month in months.items() if cents(month))


def _credits(months: Mapping[str, Decimal]) -> str:
    rows = [(name, *(f"{credit / month:.1f}" for credit in _CREDITS)) for name, month in months.items()]
    return table(("Months", *(f"${credit}" for credit in _CREDITS)), rows)


def _prices(estimates: Iterable[Estimate]) -> str:
    prices = dict.fromkeys(line.price for estimate in estimates for line in estimate.lines)
    rows = [(each.item, in_dollars(each.usd), each.unit, f"{each.source}, {each.date}") for each in prices]
    covered = ", ".join(read_prices().regions)
    return (
        table(("Item", "Price", "Unit", "Source"), rows)
        + f"\nChecked on {read_prices().checked}; regions: {covered}.\n"
    )
