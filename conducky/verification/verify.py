"""`conducky verify`."""

import httpx
from rich.console import Console
from rich.text import Text

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.environment import region
from conducky.errors import UserError
from conducky.github import actions
from conducky.pipeline.outputs import exported
from conducky.verification.ecs import aws_errors, clients
from conducky.verification.release import NotLiveError, ReleaseCheck, expected_services


def verify(pulumi: PulumiCli, limit: float, console: Console) -> None:
    """Prove that what `services` deployed last is live; in GitHub Actions the address is the output `url`.

    Raises:
        UserError: it is not, or AWS could not be asked; ECS's events were printed before.
    """
    where = region()
    stack = pulumi.selection.stack
    outputs = exported(pulumi, "services")
    if outputs is None:
        raise UserError(f"services/{stack} is not deployed: run {pulumi.selection.make('deploy')} first")
    services = expected_services(outputs, stack)
    with aws_errors(), httpx.Client(follow_redirects=True) as http:
        check = ReleaseCheck(clients(where), http, outputs["cluster_name"], limit)
        try:
            for proof in check.prove(services):
                console.print(Text(f"✓ {proof.service} {proof.sentence}"), soft_wrap=True)
        except NotLiveError as error:
            for event in error.events:
                console.print(Text(f"  {event}"), soft_wrap=True)
            raise
    actions.set_output("url", outputs["frontend_url"])
