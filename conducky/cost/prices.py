"""The table of prices, `prices.toml`: each with its unit, its source and the source's date."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from conducky.errors import UserError, quoted

HOME = "us-east-1"  # the region whose prices stand in for those that the table lacks
TABLE = Path(__file__).parent / "prices.toml"
_OLD_DAYS = 180
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True)
class Price:
    """One price: US dollars for a unit of an item, beyond the `free` units that every account gets each month."""

    item: str
    usd: Decimal
    unit: str
    region: str
    source: str
    date: str
    address: str
    free: Decimal = Decimal(0)


@dataclass(frozen=True)
class Prices:
    """The whole table, as of the day it was `checked`."""

    checked: date
    items: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, tuple[str, str, str]]

    @property
    def regions(self) -> list[str]:
        """The regions that have prices of their own."""
        keys = {key for item in self.items.values() for key in item}
        return sorted(key for key in keys if _REGION.fullmatch(key))

    def of(self, item: str, region: str) -> Price:
        """The price in a region; us-east-1's where the region has none. Raises UserError when the item is not known."""
        row = self.items.get(item)
        if row is None:
            kind = item.partition(" ")[0]
            near = ", ".join(name for name in self.items if name.startswith(kind)) or "none of its kind"
            raise UserError(
                f"the table of prices has no {quoted(item)} (it has {near})",
                "add it to conducky/cost/prices.toml, with its source, or choose another",
            )
        found = next((place for place in (region, "everywhere", HOME) if place in row), HOME)
        usd, source = row[found]
        free = Decimal(row.get("free", 0))
        return Price(item, usd, row["unit"], region if found == "everywhere" else found, *self.sources[source], free)

    def notes(self, region: str, today: date) -> list[str]:
        """Warnings: why the table may be wrong for this region or day."""
        notes: list[str] = []
        if region not in self.regions:
            notes.append(
                f"The table of prices does not cover {region} (only {', '.join(self.regions)}): these are the prices "
                f"of {HOME}, and other regions are up to a third dearer."
            )
        if (age := (today - self.checked).days) > _OLD_DAYS:
            notes.append(
                f"The table of prices was last checked {age} days ago, on {self.checked}: compare it with AWS's own "
                "and update conducky/cost/prices.toml."
            )
        return notes


@cache
def read_prices() -> Prices:
    """The table of prices."""
    content = tomllib.loads(TABLE.read_text(encoding="utf-8"), parse_float=Decimal)
    sources = {name: tuple(source) for name, source in content["sources"].items()}
    return Prices(content["checked"], content["items"], sources)
