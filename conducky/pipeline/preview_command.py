"""`conducky pipeline preview`."""

from collections.abc import Callable, Sequence

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.errors import UserError
from conducky.github.actions import harmless
from conducky.github.api import GitHub, pull_request_number
from conducky.github.redaction import redact
from conducky.pipeline.comment import no_preview_comment, preview_comment, write_comment
from conducky.pipeline.previews import Preview, preview_layers
from conducky.pipeline.requirements import Needed, any_key, in_words, missing_for
from conducky.repository import LAYERS

_SERVICES_ONLY = {"JWT_SECRET", "SESSION_SECRET"}


def preview(stack: str, say: Callable[[str], None]) -> None:
    """Preview each layer and put it into the one comment; what GitHub lacks for it is a sentence there, not a failure.

    Raises:
        UserError: a preview failed, or GitHub could not be told.
    """
    github, number = GitHub(), pull_request_number()
    missing = missing_for(stack, role="AWS_PREVIEW_ROLE_ARN")
    if any(each.name not in _SERVICES_ONLY for each in missing):
        write_comment(github, number, no_preview_comment(stack, _lacking(missing)))
        say(f"nothing is previewed: {_lacking(missing)}")
        return
    layers = [layer for layer in LAYERS if layer != "services" or not missing]
    previews = preview_layers(PulumiCli(Selection.of(stack, None)), layers=layers)
    if missing:
        previews.append(Preview("services", "absent", f"{_lacking(missing)}."))
    for each in previews:
        say(f"» {each.layer}: {each.headline}\n{harmless(redact(each.text))}")
    write_comment(github, number, preview_comment(stack, previews))
    fail_for([each for each in previews if each.state == "failed"], "the preview of", "failed")


def fail_for(previews: Sequence[Preview], before: str, after: str) -> None:
    """Raise a UserError that names these layers, if there are any."""
    if previews:
        layers = " and ".join(each.layer for each in previews)
        raise UserError(f"{before} {layers} {after}: see above, and docs/pipeline.md")


def _lacking(missing: Sequence[Needed]) -> str:
    commands = ", ".join(each.command(None) for each in missing)
    keyless = ", or instead of the keys `gh variable set AWS_PREVIEW_ROLE_ARN`" if any_key(missing) else ""
    return f"GitHub has no {in_words(missing)} for pull requests (an admin of the repository runs {commands}{keyless})"
