"""`conducky verify`."""

import httpx
from rich.console import Console

from conducky.aws import ecr, errors_as_user_errors, session
from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.stack_state import exported
from conducky.environment import region
from conducky.errors import UserError
from conducky.github import actions
from conducky.images.live import tag_as_live
from conducky.settings.offline import settings_of
from conducky.settings.schema import ServicesSettings
from conducky.terminal import say
from conducky.verification.ecs import clients
from conducky.verification.release import NotLiveError, ReleaseCheck, expected_services


def verify(pulumi: PulumiCli, limit: float, console: Console) -> None:
    """Prove that what `services` deployed last is live; in GitHub Actions the address is the output `url`.

    Its images are tagged as live, so that ECR keeps them.

    Raises:
        UserError: when it is not, or AWS could not be read; what ECS and the log say is printed before.
    """
    where = region()
    stack = pulumi.selection.stack
    outputs = exported(pulumi, "services")
    if outputs is None:
        raise UserError(f"services/{stack} is not deployed", f"run {pulumi.selection.make('deploy')} first")
    services = expected_services(outputs, stack, settings_of(ServicesSettings, stack))
    with errors_as_user_errors("read the services of ECS"), httpx.Client(follow_redirects=True) as http:
        check = ReleaseCheck(clients(where), http, outputs["cluster_name"], limit)
        try:
            for proof in check.prove(services):
                say(console, f"✓ {proof.service} {proof.result}")
        except NotLiveError as error:
            for line in error.diagnosis.lines():
                say(console, f"  {line}")
            raise
    try:
        with errors_as_user_errors("tag the live images in ECR"):
            for image in (outputs["backend_image"], outputs["frontend_image"]):
                tag_as_live(ecr(session(where)), image)
    except UserError as error:  # the release is live all the same
        say(console, f"! {error}; without the tag, ECR expires them 30 days after they were pushed")
    # Never the link itself: this may be the log of a pipeline.
    say(console, f"For a link that creates an administrator, run `conducky administrator-link --stack {stack}`")
    actions.set_output("url", outputs["frontend_url"])
