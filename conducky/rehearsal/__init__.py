"""AWS, played locally: a Pulumi provider whose resources are processes on your computer."""

from pathlib import Path
from typing import Final

SOCKET: Final = Path("api") / "socket"  # in the run folder; commands in other terminals ask there
