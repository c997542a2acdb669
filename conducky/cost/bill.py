"""The lines of a bill, and what the pricing of one type of resource needs to know."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from conducky.catalog.property_bag import Properties
from conducky.cost.prices import Price, Prices

HOURS = Decimal(730)  # in a month, as AWS's own calculator counts them
DAY = 24  # hours
SPOT_DISCOUNT = Decimal("0.70")
LOWER_SPOT_DISCOUNT = Decimal("0.50")  # Spot floats: the total is shown for this one too
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Usage:
    """What no program says and the bill depends on: assumed for a small team, and shown with each estimate."""

    hours_per_day: Decimal = Decimal(DAY)  # in which the tasks and the database run
    image_gb: Decimal = Decimal(1)  # in all ECR repositories together
    log_gb: Decimal = Decimal(1)  # a month
    million_requests: Decimal = Decimal("0.5")  # a month
    traffic_gb: Decimal = Decimal(50)  # a month, to the internet

    def in_words(self) -> str:
        """The assumptions as a sentence."""
        hours = f", tasks and database on {self.hours_per_day:g} hours a day" if self.hours_per_day < DAY else ""
        return (
            f"Assumed: {HOURS} hours a month{hours}, {self.million_requests:f} million requests, "
            f"{self.traffic_gb:f} GB to the internet (100 GB are free), {self.log_gb:f} GB of logs (5 GB are free), "
            f"{self.image_gb:f} GB of images. Tax, credits and traffic between zones are not counted."
        )


@dataclass(frozen=True)
class Line:
    """What one resource uses of one item in a month.

    `thing` and `count` are what a person would count, such as 2 of `Spot task`; a line may have none.
    """

    layer: str
    resource: str
    what: str
    quantity: Decimal
    price: Price
    spot: bool = False
    thing: str = ""
    count: Decimal = Decimal(0)

    def unit_price(self, spot_discount: Decimal = SPOT_DISCOUNT) -> Decimal:
        """US dollars for one unit, less the discount of Spot."""
        return self.price.usd * (1 - spot_discount if self.spot else 1)

    def month(self, spot_discount: Decimal = SPOT_DISCOUNT) -> Decimal:
        """US dollars a month, not rounded."""
        return self.quantity * self.unit_price(spot_discount)


@dataclass(frozen=True)
class Resource:
    """A resource as far as its price depends on it; `name` is without the prefix that all of a stack's names have."""

    layer: str
    type: str
    name: str
    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Basis:
    """What an estimate rests on: all resources of a stack, the region's prices, and the usage."""

    resources: Sequence[Resource]
    region: str
    prices: Prices
    usage: Usage = field(default_factory=Usage)

    @property
    def hours(self) -> Decimal:
        """The hours of a month in which the tasks and the database run."""
        return HOURS * self.usage.hours_per_day / DAY

    def of(self, token: str) -> list[Resource]:
        """All resources of a type."""
        return [resource for resource in self.resources if resource.type == token]

    def price(self, item: str) -> Price:
        """The price of an item in this region."""
        return self.prices.of(item, self.region)

    def line(  # noqa: PLR0913  # a line has as many parts
        self,
        resource: Resource,
        item: str,
        quantity: Decimal,
        *,
        what: str = "",
        spot: bool = False,
        thing: str = "",
        count: Decimal | int = 1,
        label: str = "",
    ) -> Line:
        """So much of an item for a resource, or for several of them under one `label`."""
        place = (resource.layer, label or resource.name)
        return Line(*place, what or item, quantity, self.price(item), spot, thing, Decimal(count if thing else 0))


def cents(amount: Decimal) -> Decimal:
    """The amount in whole cents."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def total(lines: Sequence[Line], spot_discount: Decimal = SPOT_DISCOUNT) -> Decimal:
    """US dollars a month for all lines, rounded once, at the end."""
    return cents(sum((line.month(spot_discount) for line in lines), Decimal(0)))
