"""Show something again and again, until Ctrl-C."""

from collections.abc import Callable
from time import sleep

from rich.console import Console, RenderableType
from rich.live import Live

PERIOD_SECONDS = 5.0


def watch(look: Callable[[], RenderableType], console: Console) -> None:
    """Look every five seconds: on a terminal in place, else one below the other. Ends with a signal only."""
    if not console.is_terminal:
        while True:
            console.print(look())
            sleep(PERIOD_SECONDS)
    shown = look()
    try:
        with Live(shown, console=console, screen=True, auto_refresh=False) as live:
            while True:
                sleep(PERIOD_SECONDS)
                shown = look()
                live.update(shown, refresh=True)
    finally:
        console.print(shown)
