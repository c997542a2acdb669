"""What a stack costs a month: its programs evaluated with its settings, and everything that they register priced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.cost.bill import LOWER_SPOT_DISCOUNT, Basis, Line, Resource, Usage, total
from conducky.cost.prices import HOME, read_prices
from conducky.cost.pricing import FREE, price
from conducky.environment import variable
from conducky.errors import UserError, quoted
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.repository import LAYERS, ROOT
from conducky.settings.schedule import parse_schedule

Changes = Mapping[str, Mapping[str, str]]  # by layer: settings that differ from the stack's own


@dataclass(frozen=True)
class StackEvaluation:
    """What the programs of a stack register in a region, by layer."""

    stack: str
    region: str
    layers: Mapping[str, Evaluation]

    @property
    def resources(self) -> list[Resource]:
        """All resources, components left out."""
        prefix = str(self.layers["bootstrap"].exports["name_prefix"])
        return [
            Resource(layer, each.type, each.name.removeprefix(prefix), each.inputs, each.outputs)
            for layer, evaluation in self.layers.items()
            for each in evaluation.resources
            if each.custom and not each.type.startswith("pulumi:")
        ]


@dataclass(frozen=True)
class Estimate:
    """A stack's bill for a month, in US dollars: its lines, what is free and why, and notes on all of it."""

    stack: str
    region: str
    lines: Sequence[Line]
    free: Mapping[str, int]  # how many resources of each free type
    notes: Sequence[str]
    usage: Usage
    checked: date

    @property
    def month(self) -> Decimal:
        """The total, with Spot at the assumed discount."""
        return total(self.lines)

    @property
    def month_at_lower_discount(self) -> Decimal:
        """The total, with Spot at half the price of on demand."""
        return total(self.lines, LOWER_SPOT_DISCOUNT)

    @property
    def has_spot(self) -> bool:
        """Whether the total depends on the price of Spot."""
        return self.month != self.month_at_lower_discount

    def as_json(self) -> dict[str, Any]:
        """For programs, and for a later `--compare`."""
        return {
            "stack": self.stack,
            "region": self.region,
            "total_usd_month": float(self.month),
            "total_usd_month_spot_at_half_price": float(self.month_at_lower_discount),
            "lines": [
                {
                    "layer": line.layer,
                    "resource": line.resource,
                    "what": line.what,
                    "quantity": float(line.quantity),
                    "unit": line.price.unit,
                    "usd_unit": float(line.unit_price()),
                    "usd_month": round(float(line.month()), 4),
                    "thing": line.thing,
                    "count": float(line.count),
                    "source": f"{line.price.source}, {line.price.date}",
                    "source_region": line.price.region,
                }
                for line in self.lines
            ],
            "free": [{"type": token, "count": count, "reason": FREE[token]} for token, count in self.free.items()],
            "notes": list(self.notes),
            "assumptions": self.usage.in_words(),
            "prices_checked": self.checked.isoformat(),
        }


def estimate(
    stack: str = "dev",
    *,
    region: str | None = None,
    usage: Usage | None = None,
    changes: Changes | None = None,
    root: Path = ROOT,
    today: date | None = None,
) -> Estimate:
    """Estimate a stack, with `changes` to its settings; the region is AWS_REGION's unless given, or else us-east-1.

    Raises UserError when a program refuses the settings, AWS has no such region, or something has no known price.
    """
    return price_stack(evaluate_stack(stack, region=region, changes=changes, root=root), usage=usage, today=today)


def evaluate_stack(
    stack: str = "dev",
    *,
    region: str | None = None,
    changes: Changes | None = None,
    root: Path = ROOT,
    unchanged: "StackEvaluation | None" = None,
) -> "StackEvaluation":
    """What the programs of a stack register with `changes` to its settings.

    Where it was evaluated without them before, that is `unchanged`, and spares the layers below the changed ones.
    Raises UserError when a program refuses the settings or uses an unknown type, or AWS has no such region.
    """
    place = region or variable("AWS_REGION") or HOME
    _require_region(place)
    layers: dict[str, Evaluation] = {}
    for layer in LAYERS:
        if unchanged and not any(below in (changes or {}) for below in (*layers, layer)):
            layers[layer] = unchanged.layers[layer]
            continue
        try:
            layers[layer] = evaluate(
                layer,
                stack=stack,
                # Whose account it is makes no difference to the price, and the evaluation's own is an example's.
                config={**(changes or {}).get(layer, {}), "accountId": ACCOUNT_ID},
                variables={"AWS_REGION": place},
                upstream={below: evaluation.exports for below, evaluation in layers.items()},
                root=root,
            )
        except (NotImplementedError, ValueError) as error:  # of the catalog: an unknown type, a name that AWS refuses
            raise UserError(f"{layer} cannot be evaluated ({error})") from None
    return StackEvaluation(stack, place, layers)


def price_stack(evaluated: "StackEvaluation", *, usage: Usage | None = None, today: date | None = None) -> Estimate:
    """The estimate for what the programs register. Raises UserError when something has no known price."""
    return _priced(evaluated.stack, evaluated.region, evaluated.resources, usage, today)


def price_account(stack: str, region: str, resources: Mapping[str, Mapping[str, Properties]]) -> Estimate:
    """The estimate for an account's resources, by type and id. Raises UserError when something has no known price."""
    found = [
        Resource("services", token, ident, properties, properties)
        for token, by_id in resources.items()
        for ident, properties in by_id.items()
    ]
    return _priced(stack, region, found)


def _priced(
    stack: str, region: str, resources: Sequence[Resource], usage: Usage | None = None, today: date | None = None
) -> Estimate:
    prices, usage = read_prices(), usage or _scheduled(resources)
    basis = Basis(sorted(resources, key=lambda each: (each.layer, each.type, each.name)), region, prices, usage)
    tokens = sorted({resource.type for resource in resources})
    lines = [line for token in tokens for line in price(token, basis.of(token), basis)]
    lines.sort(key=lambda line: (LAYERS.index(line.layer), line.resource))
    free = {token: len(basis.of(token)) for token in tokens if token in FREE}
    notes = [*prices.notes(region, today or date.today()), *_notes(basis, lines)]  # noqa: DTZ011  # a day will do
    return Estimate(stack, region, lines, free, notes, usage, prices.checked)


def _scheduled(resources: Sequence[Resource]) -> Usage:
    """The usage with the hours of the stack's schedule, which its calls have for a description."""
    texts = {str(each.inputs["description"]) for each in resources if each.type == "aws:scheduler/schedule:Schedule"}
    return Usage(hours_per_day=parse_schedule(texts.pop()).hours_per_day) if len(texts) == 1 else Usage()


def _require_region(region: str) -> None:
    import botocore.session  # noqa: PLC0415  # a quarter of a second

    session = botocore.session.Session()
    if not any(region in session.get_available_regions("ecs", part) for part in session.get_available_partitions()):
        raise UserError(f"AWS has no region {quoted(region)}", f"run `export AWS_REGION={HOME}`, or the one you use")


def _notes(basis: Basis, lines: Sequence[Line]) -> list[str]:
    notes: list[str] = []
    borrowed = sorted({line.price.item for line in lines if line.price.region != basis.region and line.month()})
    if borrowed and basis.region in basis.prices.regions:
        notes.append(f"No price found for {basis.region}, so {HOME}'s is used: {', '.join(borrowed)}.")
    if not basis.usage.hours_per_day:
        notes.append("Nothing runs at 0 hours a day: what is left is the price of what cannot be stopped.")
    notes += [
        f"{service.name} has no tasks, so it costs nothing and answers nothing."
        for service in basis.of("aws:ecs/service:Service")
        if not service.inputs.get("desiredCount", 1)
    ]
    notes += [
        f"{target.inputs['resourceId'].rpartition('/')[2]} can grow to {target.inputs['maxCapacity']:g} tasks by "
        f"itself; {target.inputs['minCapacity']:g} are counted."
        for target in basis.of("aws:appautoscaling/target:Target")
    ]
    for budget in basis.of("aws:budgets/budget:Budget"):
        limit = Decimal(str(budget.inputs.get("limitAmount") or 0))
        if total(lines) > limit:
            notes.append(f"This stack alone costs ${total(lines)} a month, more than `budgetLimit` allows (${limit}).")
    return notes
