"""`conducky pipeline drift`."""

from collections.abc import Callable

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.github import actions
from conducky.github.api import GitHub
from conducky.github.redaction import redact
from conducky.pipeline.drift import OPTIONS, keep_issue
from conducky.pipeline.preview_command import fail_for
from conducky.pipeline.previews import preview_layers


def drift(stack: str, say: Callable[[str], None]) -> None:
    """Compare each layer with AWS, and keep the issue.

    Raises:
        UserError: something differs, could not be compared, or GitHub could not be told.
    """
    github = GitHub()
    previews = preview_layers(PulumiCli(Selection.of(stack, None)), OPTIONS)
    for each in previews:
        say(f"» {each.layer}: {each.headline}\n{actions.harmless(redact(each.text))}")
    number = keep_issue(github, stack, previews)
    lines = "\n".join(f"- {each.layer}: {each.headline}" for each in previews)
    actions.add_to_summary(f"### {stack}{f' (issue #{number})' if number else ''}\n\n{lines}")
    fail_for([each for each in previews if each.state == "failed"], f"{stack}: the comparison of", "failed")
    fail_for([each for each in previews if each.state == "changes"], f"{stack}:", "differs from AWS")
