"""What makes two estimates differ, resource by resource: `+$5.81: backend: one more Spot task`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conducky.errors import UserError, quoted

Bill = Mapping[str, Any]  # an estimate as JSON
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Difference:
    """By how many US dollars a month a resource costs more, and the reason."""

    layer: str
    resource: str
    usd: float
    reason: str

    def in_words(self) -> str:
        """As `+$5.81: backend: one more Spot task, one more public IPv4 address`."""
        return f"{signed(self.usd)}: {self.resource}: {self.reason}"


def differences(before: Bill, after: Bill) -> list[Difference]:
    """What costs more or less in `after`, the largest difference first."""
    places = dict.fromkeys((line["layer"], line["resource"]) for bill in (after, before) for line in bill["lines"])
    found = [_difference(*place, *(_lines(bill, place) for bill in (before, after))) for place in places]
    return sorted((each for each in found if signed(each.usd) != signed(0)), key=lambda each: -abs(each.usd))


def read_bill(file: Path) -> dict[str, Any]:
    """An estimate that `conducky cost --json` wrote. Raises UserError when the file holds something else."""
    try:
        bill: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        differences(bill, bill)
        float(bill["total_usd_month"]), str(bill["stack"]), str(bill["region"])  # pyright: ignore[reportUnusedExpression]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{quoted(file.name)} is not an estimate ({type(error).__name__}: {error})",
            f"write one with `conducky cost --json > {file.name}`",
        ) from None
    return bill


def compared(before: Bill, after: Bill) -> dict[str, Any]:
    """Which estimate the other is compared with, and the differences, for programs."""
    return {
        "stack": before["stack"],
        "region": before["region"],
        "total_usd_month": before["total_usd_month"],
        "differences": [asdict(each) for each in differences(before, after)],
    }


def signed(usd: float) -> str:
    """As `+$5.81` or `-$5.81`."""
    return f"{'-' if round(usd, 2) < 0 else '+'}${abs(usd):.2f}"


def _lines(bill: Bill, place: tuple[str, str]) -> list[Bill]:
    return [line for line in bill["lines"] if (line["layer"], line["resource"]) == place]


def _difference(layer: str, resource: str, before: Sequence[Bill], after: Sequence[Bill]) -> Difference:
    usd = sum(line["usd_month"] for line in after) - sum(line["usd_month"] for line in before)
    reason = ", ".join(_things(before, after)) or ", ".join(_quantities(before, after)) or "other prices"
    return Difference(layer, resource, usd, reason)


def _things(before: Sequence[Bill], after: Sequence[Bill]) -> Iterator[str]:
    counts = [{line["thing"]: line["count"] for line in lines if line["thing"]} for lines in (before, after)]
    for thing in dict.fromkeys([*counts[1], *counts[0]]):
        if more := counts[1].get(thing, 0) - counts[0].get(thing, 0):
            noun = thing if abs(more) == 1 else _plural(thing)
            yield f"{_number(abs(more))} {'more' if more > 0 else 'fewer'} {noun}"


def _quantities(before: Sequence[Bill], after: Sequence[Bill]) -> Iterator[str]:
    amounts = [{line["what"]: line["quantity"] for line in lines} for lines in (before, after)]
    for what, unit in {line["what"]: line["unit"] for line in [*before, *after]}.items():
        old, new = (amount.get(what, 0) for amount in amounts)
        if old != new:
            yield f"{what} {old:g} to {new:g} {unit}s"


def _number(count: float) -> str:
    return _NUMBERS[int(count)] if count in range(len(_NUMBERS)) else f"{count:g}"


def _plural(thing: str) -> str:
    if thing.startswith("GB"):
        return thing
    return f"{thing}{'es' if thing.endswith('s') else 's'}"
