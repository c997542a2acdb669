"""The updates that Pulumi keeps of a stack: when, by whom, from which commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AliasPath, Field, TypeAdapter, ValidationError

from conducky.deployment import PulumiCli
from conducky.errors import UserError
from conducky.verification.task import Described

_DEPLOYING: Final = "update"  # Not a preview, a refresh or a removal
_FirstLine = Annotated[str, AfterValidator(lambda text: text.partition("\n")[0])]


class Update(Described):
    """An entry of `pulumi stack history --json`. `commit` is empty where the files were in no Git repository."""

    kind: str
    started: datetime = Field(validation_alias="startTime")
    ended: datetime | None = Field(None, validation_alias="endTime")
    result: str = ""
    message: _FirstLine = ""
    commit: str = Field("", validation_alias=AliasPath("environment", "git.head"))
    changed: bool = Field(default=False, validation_alias=AliasPath("environment", "git.dirty"))
    author: str = Field("", validation_alias=AliasPath("environment", "git.author"))


def updates(pulumi: PulumiCli, layer: str, count: int) -> Sequence[Update]:
    """A layer's newest deployments, the newest first; none where none was. Raises UserError when Pulumi fails."""
    text = pulumi.query(layer, "stack", "history", "--json", "--page-size", str(count), "--page", "1")
    try:
        entries = TypeAdapter(list[Update]).validate_json(text or "[]")
    except ValidationError:
        raise UserError(
            f"the history of {layer} cannot be read", f"run `{pulumi.shown(layer, 'stack history')}`"
        ) from None
    return [entry for entry in entries if entry.kind == _DEPLOYING]
