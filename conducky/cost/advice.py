"""Settings that would lower a stack's bill: what each saves, and what it takes away."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from conducky.cost.bill import Usage
from conducky.cost.estimate import StackEvaluation, evaluate_stack, price_stack
from conducky.errors import UserError
from conducky.repository import ROOT
from conducky.settings.offline import settings_of
from conducky.settings.schema import ALL_SETTINGS

# By layer: settings that cost less than others, and what is lost with them. One that a layer does not have, has
# already, or refuses is not suggested.
_CHEAPER: tuple[tuple[str, dict[str, str], str], ...] = (
    ("platform", {"entrance": "http-api"}, "no load balancer: 30 seconds a request, 10 MB a body, no streaming"),
    ("platform", {"loadBalancers": "shared"}, "one address for both applications, told apart by path"),
    ("platform", {"databaseMultiAz": "false"}, "no standby: a failed zone means minutes to hours without the database"),
    ("platform", {"databaseInstanceClass": "db.t4g.micro"}, "a small database: 1 GiB of memory"),
    ("services", {"capacity": "spot"}, "AWS may take a task away with two minutes' warning"),
    ("services", {"architecture": "arm64"}, "the images must run on arm64"),
    ("services", {"frontendCount": "1"}, "no second frontend task that serves while one is replaced"),
    ("services", {"backendCount": "1"}, "no second backend task that serves while one is replaced"),
    ("services", {"frontendCpu": "256", "frontendMemory": "512"}, "the smallest task: less for each frontend request"),
    ("services", {"backendCpu": "256", "backendMemory": "512"}, "the smallest task: less for each backend request"),
)


@dataclass(frozen=True)
class Advice:
    """Settings of one layer that would lower the bill by `saves` US dollars a month."""

    layer: str
    settings: dict[str, str]
    saves: Decimal
    takes_away: str

    def commands(self, stack: str) -> list[str]:
        """The commands that set them."""
        return [
            f"pulumi -C {self.layer} config set {key} {value} --stack {stack}" for key, value in self.settings.items()
        ]

    def as_json(self, stack: str) -> dict[str, Any]:
        """For programs."""
        saves = float(self.saves)
        return {"commands": self.commands(stack), "saves_usd_month": saves, "takes_away": self.takes_away}


def advise(evaluated: StackEvaluation, usage: Usage | None = None, root: Path = ROOT) -> list[Advice]:
    """What would lower the bill of a stack, the largest saving first; each setting on its own."""
    return sorted(_savings(evaluated, usage, root), key=lambda advice: -advice.saves)


def _savings(evaluated: StackEvaluation, usage: Usage | None, root: Path) -> Iterator[Advice]:
    stack, now = evaluated.stack, price_stack(evaluated, usage=usage)
    current = {kind.layer: settings_of(kind, stack, root).model_dump(by_alias=True) for kind in ALL_SETTINGS}
    for layer, settings, takes_away in _CHEAPER:
        has_already = all(str(current[layer].get(key)).lower() == value for key, value in settings.items())
        if has_already or not settings.keys() <= current[layer].keys():
            continue
        changes = {layer: settings}
        try:
            then = evaluate_stack(stack, region=evaluated.region, changes=changes, root=root, unchanged=evaluated)
        except UserError:  # the settings refuse it together with others
            continue
        if (saves := now.month - price_stack(then, usage=usage).month) > 0:
            yield Advice(layer, settings, saves, takes_away)
