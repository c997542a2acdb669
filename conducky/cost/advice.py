"""Settings that would lower a stack's bill: what each saves, and what it takes away."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from shlex import quote
from typing import Any

from conducky.cost.bill import Usage
from conducky.cost.estimate import StackEvaluation, evaluate_stack, price_stack
from conducky.errors import UserError
from conducky.repository import ROOT
from conducky.settings.offline import settings_of
from conducky.settings.schema import ALL_SETTINGS

# One that a layer does not have, has already, or refuses is not suggested.
_CHEAPER: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cheaper.toml").read_text("utf-8"))["cheaper"]


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
            f"pulumi -C {self.layer} config set {key} {quote(value)} --stack {stack}"
            for key, value in self.settings.items()
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
    for each in _CHEAPER:
        layer: str = each["layer"]
        settings: dict[str, str] = each["settings"]
        if "schedule" in settings and current[layer].get("schedule"):
            continue  # Which hours are needed is nobody else's to say
        has_already = all(str(current[layer].get(key)).lower() == value for key, value in settings.items())
        if has_already or not settings.keys() <= current[layer].keys():
            continue
        changes = {layer: settings}
        try:
            then = evaluate_stack(stack, region=evaluated.region, changes=changes, root=root, unchanged=evaluated)
        except UserError:  # the settings refuse it together with others
            continue
        if (saves := now.month - price_stack(then, usage=usage).month) > 0:
            yield Advice(layer, settings, saves, each["takes_away"])
