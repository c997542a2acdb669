"""`conducky verify` and `deploy`: what is deployed is proven to be live, and a release that failed is explained."""

from collections.abc import Sequence
from typing import Final

import httpx
from rich.console import Console

from conducky.access import READS_CONTAINERS, asking_aws
from conducky.aws import ecr, session
from conducky.deployment import PulumiCli
from conducky.deployment.deploy import deploy
from conducky.deployment.stack_state import exported
from conducky.environment import region
from conducky.errors import UserError
from conducky.github import actions
from conducky.images.live import tag_as_live
from conducky.naming import Names
from conducky.repository import SERVICES, deployed_services
from conducky.settings.entrance import CLEAR_TEXT
from conducky.settings.offline import settings_of
from conducky.settings.services import ServicesSettings
from conducky.terminal import say
from conducky.verification import ecs
from conducky.verification.diagnosis import diagnose
from conducky.verification.release import NotLiveError, ReleaseCheck, expected_services


def verify(pulumi: PulumiCli, limit: float, console: Console, *, output: bool = True) -> dict[str, object]:
    """Prove that what `services` deployed last is live, and return the proof; with `output`, `url` goes to later steps.

    Its images are tagged as live, so that ECR keeps them. Raises UserError when it is not, or AWS could not be read;
    what ECS and the log say is printed before.
    """
    where = region()
    stack = pulumi.selection.stack
    outputs = exported(pulumi, "services")
    if outputs is None:
        raise UserError(f"services/{stack} is not deployed", f"run {pulumi.selection.make('deploy')} first")
    settings = settings_of(ServicesSettings, stack)
    services = expected_services(outputs, stack, settings)
    policy = Names(settings.project_name, stack).of(READS_CONTAINERS)
    with asking_aws("read the services of ECS", policy), httpx.Client(follow_redirects=True) as http:
        check = ReleaseCheck(ecs.clients(where), http, outputs["cluster_name"], limit)
        try:
            proofs: list[str] = []
            for proof in check.prove(services):
                say(console, f"✓ {proof}")
                proofs.append(proof)
        except NotLiveError as error:
            for line in error.diagnosis.lines():
                say(console, f"  {line}")
            raise
        except check.aws.ecs.exceptions.ClusterNotFoundException:
            fix = f"run {pulumi.selection.make('deploy')}"
            raise UserError(f"the cluster {outputs['cluster_name']} does not exist in {where}", fix) from None
    try:
        with asking_aws("tag the live images in ECR"):
            for image in dict.fromkeys(outputs[f"{each}_image"] for each in deployed_services(outputs)):
                tag_as_live(ecr(session(where)), image)
    except UserError as error:  # the release is live all the same
        say(console, f"! {error}; without the tag, ECR expires them 30 days after they were pushed")
    # Never the link itself: this may be the log of a pipeline.
    say(console, f"For a link that creates an administrator, run `conducky administrator-link --stack {stack}`")
    if outputs["frontend_url"].startswith("http:"):
        say(console, f"! {CLEAR_TEXT}")
    if output:
        actions.set_output("url", outputs["frontend_url"])
    images = {each: str(outputs[f"{each}_image"]) for each in deployed_services(outputs)}
    return {"stack": stack, "url": outputs["frontend_url"], "images": images, "proofs": proofs}


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
    """Deploy the selected layers; returns 0 or the first failing exit code. Raises UserError when it is not live."""
    code = deploy(pulumi, options, errors, yes=yes, allow_deletion=allow_deletion)
    if "services" not in pulumi.selection.layers or code in _SIGNALS:
        return code
    if code:
        explain(pulumi.selection.stack, errors)
    else:
        # In GitHub Actions as well: were it a job of its own, running the failed jobs again would not deploy again
        with actions.annotated(f"Release of {pulumi.selection.stack}"):
            verify(pulumi, LIMIT_SECONDS, console)
    return code


def explain(stack: str, console: Console) -> None:
    """Say what is wrong with each service whose last rollout did not succeed; nothing where all is well."""
    try:
        names = Names(settings_of(ServicesSettings, stack).project_name, stack)
        cluster = names.of("cluster")
        with asking_aws("read why the release failed", names.of(READS_CONTAINERS)):
            aws = ecs.clients(region())
            found = ecs.describe(aws, cluster, [names.of(each) for each in SERVICES])
            for application in SERVICES:
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
