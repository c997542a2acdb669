"""One line of what the bench prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured, the figure with its unit, and the target if there is one."""

    what: str
    figure: str
    target: str = ""
