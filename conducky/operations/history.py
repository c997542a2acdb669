"""The updates that Pulumi keeps of a stack: when, by whom, from which commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from conducky.deployment import PulumiCli
from conducky.errors import UserError

_DEPLOYING: Final = "update"  # Not a preview, a refresh or a removal


@dataclass(frozen=True)
class Update:
    """One deployment of a layer. `commit` is empty where the files were in no Git repository."""

    started: datetime
    ended: datetime | None
    succeeded: bool
    commit: str
    changed: bool
    author: str
    message: str

    def spans(self, moment: datetime) -> bool:
        """Whether something was created during this update."""
        return self.started <= moment and (self.ended is None or moment <= self.ended)


class _Entry(BaseModel):
    """As `pulumi stack history --json` writes it; its configuration is not read."""

    kind: str
    start: datetime = Field(alias="startTime")
    end: datetime | None = Field(default=None, alias="endTime")
    result: str = ""
    message: str = ""
    environment: dict[str, str] = Field(default_factory=dict)


def updates(pulumi: PulumiCli, layer: str, count: int) -> Sequence[Update]:
    """The newest deployments of a layer, the newest first; none where it was never deployed.

    Raises:
        UserError: when Pulumi cannot tell.
    """
    text = pulumi.query(layer, "stack", "history", "--json", "--page-size", str(count), "--page", "1")
    try:
        entries = TypeAdapter(list[_Entry]).validate_json(text or "[]")
    except ValidationError:
        raise UserError(
            f"the history of {layer} cannot be read", f"run `{pulumi.shown(layer, 'stack history')}`"
        ) from None
    return [_update(entry) for entry in entries if entry.kind == _DEPLOYING]


def _update(entry: _Entry) -> Update:
    return Update(
        started=entry.start,
        ended=entry.end,
        succeeded=entry.result == "succeeded",
        commit=entry.environment.get("git.head", ""),
        changed=entry.environment.get("git.dirty") == "true",
        author=entry.environment.get("git.author", ""),
        message=(entry.message.splitlines() or [""])[0],
    )
