"""`conducky deploy`: what Pulumi deploys is proven to be live, and a release that failed is explained."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console

from conducky.aws import errors_as_user_errors
from conducky.deployment import PulumiCli
from conducky.deployment.deploy import deploy
from conducky.environment import region
from conducky.errors import UserError
from conducky.github.actions import annotated
from conducky.naming import Names
from conducky.repository import APPLICATIONS
from conducky.settings.offline import settings_of
from conducky.settings.schema import ServicesSettings
from conducky.terminal import say
from conducky.verification import ecs
from conducky.verification.diagnosis import diagnose
from conducky.verification.verify import verify

LIMIT_SECONDS: Final = 300.0
_SIGNALS: Final = range(129, 193)  # 128 + n: ended by signal n


def deploy_and_prove(
    pulumi: PulumiCli,
    options: Sequence[str],
    errors: Console,
    console: Console,
    *,
    yes: bool,
    allow_deletion: bool = False,
) -> int:
    """Deploy the selected layers; returns 0, or the exit code of the first that failed.

    Raises:
        UserError: when what was deployed is not live, or something has to be fixed first on this computer.
    """
    code = deploy(pulumi, options, errors, yes=yes, allow_deletion=allow_deletion)
    if "services" not in pulumi.selection.layers or code in _SIGNALS:
        return code
    if code:
        explain(pulumi.selection.stack, errors)
    else:
        # In GitHub Actions as well: were it a job of its own, running the failed jobs again would not deploy again
        with annotated(f"Release of {pulumi.selection.stack}"):
            verify(pulumi, LIMIT_SECONDS, console)
    return code


def explain(stack: str, console: Console) -> None:
    """Say what is wrong with each service whose last rollout did not succeed; nothing where all is well."""
    try:
        names = Names(settings_of(ServicesSettings, stack).project_name, stack)
        cluster = names.of("cluster")
        with errors_as_user_errors("read why the release failed"):
            aws = ecs.clients(region())
            found = ecs.describe(aws, cluster, [names.of(each) for each in APPLICATIONS])
            for application in APPLICATIONS:
                service = found.get(names.of(application))
                rollout = ecs.last_deployment(aws, cluster, service.name) if service and service.active else None
                if service is None or rollout is None or rollout.succeeded:
                    continue
                diagnosis = diagnose(aws, cluster, service, application, service.name)
                because = f" ({rollout.reason})" if rollout.reason else ""
                say(console, f"{application}: the last deployment did not succeed{because}")
                for line in diagnosis.lines():
                    say(console, f"  {line}")
                if diagnosis.advice:
                    say(console, f"  what to do: {diagnosis.advice}")
    except UserError as error:
        say(console, str(error))
