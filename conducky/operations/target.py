"""What a command is about: one deployed stack, where it is in AWS, and what `services` promised about it."""

import difflib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conducky import aws
from conducky.access import READS_CONTAINERS, asking_aws
from conducky.deployment import PulumiCli, Selection
from conducky.deployment.stack_state import exported
from conducky.environment import region as chosen_region
from conducky.environment import variable
from conducky.errors import UserError, quoted
from conducky.naming import Names
from conducky.repository import SERVICES, deployed_services
from conducky.verification.ecs import AwsClients


@dataclass(frozen=True)
class Target:
    """A stack in AWS. `outputs` are what `services` exports; empty where Pulumi cannot tell, and then `why` says so."""

    stack: str
    names: Names
    region: str
    account: str
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    why: str = ""
    rehearsal: Any = None  # its client, where this is a rehearsal on this computer
    session: Any = field(default=None, repr=False)  # other credentials than the environment's

    @cached_property
    def aws(self) -> AwsClients:
        """The clients for services, tasks and logs. Create them before threads start, as `client` says."""
        return AwsClients(self.client("ecs"), self.client("logs"))

    @property
    def ecs(self) -> Any:  # noqa: ANN401  # as all clients of boto3
        """Services and tasks."""
        return self.aws.ecs

    def client(self, service: str) -> Any:  # noqa: ANN401  # boto3 has an overload for each service
        """An AWS client, in this stack's region. Create it before threads start: boto3's sessions are for one."""
        return self._session.client(service, region_name=self.region, config=aws.PATIENT)

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401  # One for all clients: each reads AWS's descriptions again
        return self.rehearsal.session(self.region) if self.rehearsal else self.session or aws.session(self.region)

    @property
    def applications(self) -> Sequence[str]:
        """What runs as a service of its own: both applications, and the worker if there is one."""
        return deployed_services(self.outputs)

    @property
    def cluster(self) -> str:
        """The ECS cluster's name."""
        return str(self.outputs.get("cluster_name") or self.names.of("cluster"))

    def service(self, application: str) -> str:
        """The name of an application's ECS service."""
        return str(self.outputs.get(f"{application}_service_name") or self.names.of(application))

    def log_group(self, application: str) -> str:
        """The name of an application's log group."""
        return str(self.outputs.get(f"{application}_log_group") or self.names.of(application))

    def policy(self, part: str) -> str:
        """The name of one of this stack's managed policies, such as `conducky-dev-exec`."""
        return self.names.of(part)

    @property
    def host(self) -> str:
        """What does there what it is asked to."""
        return "the rehearsal" if self.rehearsal else "AWS"

    def command(self, words: str) -> str:
        """A `conducky` command for this stack where it is, as a person can paste it."""
        return f"`conducky {words} --stack {self.stack}{' --rehearsal' if self.rehearsal else ''}`"

    def deploy_again(self, layer: str = "") -> str:
        """What a person does to deploy again, where the stack is: all of it, or a layer in AWS."""
        made = f"run `make deploy STACK={self.stack}{layer and f' LAYER={layer}'}`"
        return "press `u` in the rehearsal" if self.rehearsal else made

    def require_application(self, name: str) -> None:
        """Raise UserError when the stack is known to have no such service, which a worker is only by its setting."""
        if self.outputs and name not in self.applications:
            raise UserError(f"{self.stack} has no {name}", f"set `{name}` of services: docs/your-applications.md")

    def not_deployed(self, missing: str) -> UserError:
        """The error for something that AWS does not have: not deployed, or not here."""
        if self.rehearsal:
            return UserError(f"the rehearsal has no {missing.removeprefix('the ')}", "press `u` in it to deploy again")
        told = f"; Pulumi cannot tell where it is ({self.why})" if self.why else ""
        return UserError(
            f"{missing} does not exist in {self.region} of account {self.account}{told}",
            f"run `make deploy STACK={self.stack}`, or set AWS_REGION and AWS_PROFILE to where it is deployed",
        )


def find_target(stack: str) -> Target:
    """The stack as deployed, with credentials that belong to its account.

    Pulumi is asked for the outputs of `services` while AWS is asked whose credentials these are. Where Pulumi cannot
    answer (it is not installed or not signed in), the names are those that the programs give. Raises UserError when
    there is no such stack, or the credentials are missing, expired or another account's.
    """
    selection = Selection.of(stack, None)
    with ThreadPoolExecutor(max_workers=1) as pool:
        reading = pool.submit(_outputs, selection)
        # 0.3 s of imports, while Pulumi works
        from conducky.settings.offline import settings_of  # noqa: PLC0415
        from conducky.settings.services import ServicesSettings  # noqa: PLC0415

        settings = settings_of(ServicesSettings, selection.stack)
        names = Names(settings.project_name, selection.stack)
        account = _account(names)
        outputs, why = reading.result()
    at = _place_of(outputs)
    region = _region(at, stack)
    meant = settings.account_id or (at and at[1])
    if meant and meant != account:
        raise UserError(
            f"these AWS credentials belong to account {account}, and stack {stack} is in {meant}",
            f"run `export AWS_PROFILE=...` with a profile of {meant}",
        )
    return Target(stack, names, region, account, outputs, why)


def application(word: str) -> str:
    """The service of this name. Raises UserError when there is none; the nearest name is suggested."""
    if word in SERVICES:
        return word
    near = difflib.get_close_matches(word.lower(), SERVICES, n=1, cutoff=0.5)
    raise UserError(f"there is no service {quoted(word)}", f"use `{near[0] if near else '` or `'.join(SERVICES)}`")


def _outputs(selection: Selection) -> tuple[Mapping[str, Any], str]:
    """What `services` exports, or why that is unknown."""
    try:
        return exported(PulumiCli(selection), "services") or {}, ""
    except UserError as error:
        return {}, error.problem


def _account(names: Names) -> str:
    with asking_aws("find out whose AWS credentials these are", names.of(READS_CONTAINERS)):
        return aws.sts(aws.session()).get_caller_identity()["Account"]


def _place_of(outputs: Mapping[str, Any]) -> tuple[str, str] | None:
    """Region and account of what is deployed, from the ARN of a task definition."""
    parts = str(outputs.get("backend_task_definition_arn", "")).split(":")
    return (parts[3], parts[4]) if len(parts) > 4 else None  # noqa: PLR2004  # arn:aws:ecs:REGION:ACCOUNT:…


def _region(at: tuple[str, str] | None, stack: str) -> str:
    """AWS_REGION, which must be where the stack is; without it, where the stack is."""
    if at is None:
        return chosen_region()
    if variable("AWS_REGION") and chosen_region() != at[0]:
        raise UserError(
            f"AWS_REGION is {chosen_region()}, and stack {stack} is deployed in {at[0]}",
            f"run `export AWS_REGION={at[0]}`",
        )
    return at[0]
