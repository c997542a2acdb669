"""The table of causes, `causes.toml`: what texts of ECS, exit codes and log lines mean, and what to do about them."""

import re
import tomllib
from pathlib import Path
from typing import Final

from pydantic import BaseModel


class Cause(BaseModel):
    """Texts that the expression `says` finds mean this cause; an empty advice is nothing to do."""

    says: str = ""
    cause: str = ""
    advice: str = ""

    def found_in(self, text: str) -> bool:
        """Whether a text, of one or more lines, says it in any case."""
        return bool(re.search(self.says, text, re.IGNORECASE | re.DOTALL))


class Causes(BaseModel):
    """The whole table. `targets` are the load balancer's reasons in words."""

    stopped: list[Cause]
    exit_codes: dict[int, Cause]
    log: list[Cause]
    targets: dict[str, str]


CAUSES: Final = Causes.model_validate(tomllib.loads((Path(__file__).parent / "causes.toml").read_text("utf-8")))
