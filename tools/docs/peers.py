"""What other tools' defaults cost for the same applications, from `peers.toml` and the same table of prices."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from conducky.cost.bill import HOURS, cents
from conducky.cost.prices import HOME, read_prices


@dataclass(frozen=True)
class Peer:
    """A tool, what its defaults create, where that was read, and US dollars a month by item."""

    name: str
    what: str
    source: str
    months: Mapping[str, Decimal]

    @property
    def month(self) -> Decimal:
        """The total."""
        return cents(sum(self.months.values(), Decimal(0)))


@cache
def read_peers(file: Path = Path(__file__).parent / "peers.toml") -> tuple[date, tuple[Peer, ...]]:
    """The day on which the peers' prices were read, and the peers, the most expensive first."""
    content = tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    peers = [
        Peer(
            each["name"],
            each["what"],
            each["source"],
            {item: _month(item, count) for item, count in each["lines"].items()},
        )
        for each in content["peers"]
    ]
    return content["checked"], tuple(sorted(peers, key=lambda peer: -peer.month))


def _month(item: str, count: Decimal | int) -> Decimal:
    price = read_prices().of(item, HOME)
    return count * price.usd * (HOURS if price.unit.endswith("hour") else 1)
