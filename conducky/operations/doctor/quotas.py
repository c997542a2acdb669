"""The quotas of the account that a deployment uses up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from conducky.aws import error_code
from conducky.naming import Names
from conducky.operations.doctor.account import Account
from conducky.operations.doctor.finding import Finding, ok, unseen, warning
from conducky.settings.offline import settings_of
from conducky.settings.schema import ServicesSettings

_FULL: Final = 0.8
# The codes below: https://docs.aws.amazon.com/general/latest/gr/ (elb, rds-service and ecs-service), where each quota's
# link to the console ends with its code.
# https://docs.aws.amazon.com/general/latest/gr/ssm.html
_PARAMETERS: Final = 10_000
_CPU_UNITS: Final = 1024


@dataclass(frozen=True)
class Quota:
    """A quota: how much is used or will be, and the codes (if any) under which Service Quotas raises it."""

    what: str
    used: float
    limit: float
    service: str = ""
    code: str = ""

    def finding(self) -> Finding:
        """A warning where more than 80 % is used."""
        text = f"{self.what}: {self.used:g} of {self.limit:g}"
        if self.limit and self.used / self.limit <= _FULL:
            return ok(text)
        ask = (
            f"run `aws service-quotas request-service-quota-increase --service-code {self.service} "
            f"--quota-code {self.code} --desired-value {max(2 * self.limit, 2 * self.used):.0f}`"
        )
        return warning(text, ask if self.code else "ask for more in the console of Service Quotas")


def quotas(account: Account) -> Iterator[Finding]:
    """Each quota, as far as these credentials may see."""
    for look in (_load_balancers, _databases, _fargate, _parameters):
        try:
            yield from (quota.finding() for quota in look(account.client, account.stack))
        except (ClientError, BotoCoreError) as error:
            yield unseen(f"the quotas of {look.__name__.strip('_').replace('_', ' ')} ({error_code(error)})")


Client = Callable[[str], Any]


def _load_balancers(client: Client, stack: str) -> Iterator[Quota]:
    elb = client("elbv2")
    limits = {each["Name"]: float(each["Max"]) for each in elb.describe_account_limits()["Limits"]}
    every = [each for page in elb.get_paginator("describe_load_balancers").paginate() for each in page["LoadBalancers"]]
    groups = sum(len(page["TargetGroups"]) for page in elb.get_paginator("describe_target_groups").paginate())
    service = "elasticloadbalancing"
    yield Quota("load balancers", len(every), limits["application-load-balancers"], service, "L-53DA6B97")
    yield Quota("target groups", groups, limits["target-groups"], service, "L-B22855CB")
    ours = Names(settings_of(ServicesSettings, stack).project_name, stack).prefix
    for each in every:
        if str(each["LoadBalancerName"]).startswith(ours):
            listeners = elb.describe_listeners(LoadBalancerArn=each["LoadBalancerArn"])["Listeners"]
            rules = sum(len(elb.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]) for one in listeners)
            limit = limits["rules-per-application-load-balancer"]
            yield Quota(f"rules of {each['LoadBalancerName']}", rules, limit)


def _databases(client: Client, _stack: str) -> Iterator[Quota]:
    attributes = client("rds").describe_account_attributes()["AccountQuotas"]
    quota = {each["AccountQuotaName"]: each for each in attributes}
    for name, what, code in (
        ("DBInstances", "databases", "L-7B6409FD"),
        ("ManualSnapshots", "snapshots", "L-272F1212"),
    ):
        if name in quota:
            yield Quota(what, quota[name]["Used"], quota[name]["Max"], "rds", code)


def _fargate(client: Client, stack: str) -> Iterator[Quota]:
    """What the stack needs while a release starts new tasks beside the old ones; other stacks' use is not counted."""
    settings = settings_of(ServicesSettings, stack)
    units = settings.backend_count * settings.backend_cpu + settings.frontend_count * settings.frontend_cpu
    spot = settings.capacity == "spot"
    code = "L-36FBB829" if spot else "L-3032A538"
    answer = client("service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode=code)
    what = f"{'Fargate Spot' if spot else 'Fargate'} vCPUs that {stack} needs during a release"
    yield Quota(what, 2 * units / _CPU_UNITS, float(answer["Quota"]["Value"]), "fargate", code)


def _parameters(client: Client, _stack: str) -> Iterator[Quota]:
    pages = client("ssm").get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 50})
    yield Quota("SSM parameters", sum(len(page["Parameters"]) for page in pages), _PARAMETERS)
