"""One line of what the bench prints."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from conducky.errors import UserError
from tools.bench.cpu_quota import NoQuotaError


@dataclass(frozen=True)
class Row:
    """What was measured, the figure with its unit, the target if there is one, and whether it was met."""

    what: str
    figure: str
    target: str = ""
    missed: bool = False
    failed: bool = False

    @classmethod
    def at_most(cls, what: str, value: float, limit: float, unit: str, note: str = "") -> Self:
        """A figure that is better the smaller it is."""
        return cls(what, f"{value:.3g} {unit}{note}", f"≤ {limit:g} {unit}", missed=value > limit)

    @property
    def mark(self) -> str:
        """What the table's last column says of it."""
        return "failed" if self.failed else "missed" if self.missed else "met" if self.target else ""


def guarded(what: str, rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, and a last one that says why there are no more: what is not here was skipped, all else failed."""
    try:
        yield from rows
    except (NoQuotaError, UserError) as reason:
        yield Row(what, f"skipped: {reason}")
    except subprocess.CalledProcessError as error:
        yield Row(what, f"failed: `{' '.join(map(str, error.cmd))}` ended with code {error.returncode}", failed=True)
    except Exception as error:  # noqa: BLE001 - one step must not take the other rows with it
        reason = " ".join(str(error).split())
        yield Row(what, f"failed: {type(error).__name__}: {reason}", failed=True)
