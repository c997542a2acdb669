"""Whether the AWS account is ready: credentials, region, network, service-linked roles, quotas and plan."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from conducky import aws
from conducky.access import asking_aws
from conducky.aws import error_code
from conducky.environment import region as chosen_region
from conducky.naming import Names
from conducky.operations.doctor.finding import Finding, ok, unseen, warning, wrong
from conducky.operations.doctor.settings import free_plan
from conducky.settings.offline import settings_of
from conducky.settings.schema import BootstrapSettings, PlatformSettings
from conducky.settings.services import ServicesSettings

ZONES: Final = 2
_SERVICES: Final = ("ecs", "elbv2", "rds", "ecr", "logs", "ssm")
# Zones that run no Linux tasks. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
_WITHOUT_FARGATE: Final = {"usw1-az2", "apne1-az3"}
_LOCK: Final = Lock()
_ROLES: Final = {
    "AWSServiceRoleForECS": "ecs",
    "AWSServiceRoleForElasticLoadBalancing": "elasticloadbalancing",
    "AWSServiceRoleForRDS": "rds",
    "AWSServiceRoleForCloudFrontVPCOrigin": "vpcorigin.cloudfront",
}


@dataclass(frozen=True)
class Account:
    """The account of the environment's credentials, in the region of AWS_REGION. What may not be seen is said."""

    stack: str

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401  # boto3's own has no useful type
        return aws.session(chosen_region())

    def client(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  # hundreds of overloads
        """An AWS client."""
        with _LOCK:  # boto3's sessions are not thread-safe
            return self._session.client(service, config=aws.PATIENT, region_name=region or chosen_region())

    def credentials(self) -> Iterator[Finding]:
        """Whose they are, and whether they belong to the account that the stack is meant for."""
        with asking_aws("find out whose AWS credentials these are"):
            caller = self.client("sts").get_caller_identity()
        meant = settings_of(BootstrapSettings, self.stack).account_id
        if meant and meant != caller["Account"]:
            yield wrong(
                f"these credentials belong to account {caller['Account']}, and {self.stack} is meant for {meant}",
                f"run `export AWS_PROFILE=...` with a profile of {meant}",
            )
        elif meant:
            yield ok(f"{caller['Arn']}, in the account that {self.stack} is meant for")
        else:
            yield warning(
                f"{caller['Arn']}: any account would be accepted",
                f"run `pulumi -C bootstrap config set accountId {caller['Account']} --stack {self.stack}`, and the "
                "same for platform and services",
            )

    def region(self) -> Iterator[Finding]:
        """Whether AWS offers everything there."""
        region = chosen_region()
        missing = [each for each in _SERVICES if region not in self._session.get_available_regions(each)]
        if missing:
            yield wrong(f"{region} has no {', '.join(missing)}", "run `export AWS_REGION=us-east-1`, or another region")
        else:
            yield ok(f"{region} offers all services that are used")

    def network(self) -> Iterator[Finding]:
        """The default VPC, and two zones that run tasks."""
        ec2 = self.client("ec2")
        try:
            vpcs = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
            if not vpcs:
                yield wrong("there is no default VPC", f"run `aws ec2 create-default-vpc --region {chosen_region()}`")
                return
            of_vpc = [{"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}, {"Name": "default-for-az", "Values": ["true"]}]
            subnets = ec2.describe_subnets(Filters=of_vpc)["Subnets"]
        except (ClientError, BotoCoreError) as error:
            yield unseen(f"the default VPC ({error_code(error)})")
            return
        zones = {str(each["AvailabilityZone"]): str(each.get("AvailabilityZoneId", "")) for each in subnets}
        usable = sorted(name for name, ident in zones.items() if ident not in _WITHOUT_FARGATE)
        chosen = settings_of(PlatformSettings, self.stack).availability_zones or sorted(zones)[:ZONES]
        bad = [each for each in chosen if each not in usable]
        if len(usable) < ZONES:
            yield wrong(
                f"the default VPC has default subnets in {len(usable)} zones that run tasks, and {ZONES} are needed",
                "run `aws ec2 create-default-subnet --availability-zone ZONE` for another zone",
            )
        elif bad:
            two = ",".join(f'"{each}"' for each in usable[:ZONES])
            yield wrong(
                f"{' and '.join(bad)} cannot be used: Fargate or a default subnet is missing there",
                f"run `pulumi -C platform config set availabilityZones '[{two}]' --stack {self.stack}`",
            )
        else:
            yield ok(f"the default VPC, zones {' and '.join(chosen)}")

    def roles(self) -> Iterator[Finding]:
        """The service-linked roles, which AWS creates at the first use."""
        iam = self.client("iam")
        for name, service in _ROLES.items():
            try:
                iam.get_role(RoleName=name)
                yield ok(f"the service-linked role of {service}")
            except (ClientError, BotoCoreError) as error:
                if error_code(error) != "NoSuchEntity":
                    yield unseen(f"the service-linked roles ({error_code(error)})", "an AWS admin can run this")
                    return
                create = f"aws iam create-service-linked-role --aws-service-name {service}.amazonaws.com"
                yield warning(
                    f"there is no service-linked role of {service} yet, and its first use may fail once",
                    f"as an AWS admin run `{create}`",
                )

    def plan(self) -> Iterator[Finding]:
        """Free or paid, and what the free plan refuses; what AWS holds back of new accounts cannot be asked."""
        try:
            state = self.client("freetier", "us-east-1").get_account_plan_state()
            if state["accountPlanType"] == "FREE":
                left = state.get("accountPlanRemainingCredits", {})
                yield ok(f"AWS's free plan, with {left.get('amount', '?')} {left.get('unit', '')} of credits left")
                yield from free_plan(self.stack)
            else:
                yield ok("AWS's paid plan")
        except (ClientError, BotoCoreError) as error:
            if error_code(error) == "ResourceNotFoundException":
                yield ok("AWS's paid plan")
            else:
                yield unseen(f"the account's plan ({error_code(error)})", "an AWS admin can run this")
        yield unseen(
            "whether this account may create load balancers and CloudFront distributions: AWS holds that back of some "
            "new accounts, and cannot be asked",
            "if a deployment is refused with `currently does not support creating load balancers`, or `must be "
            "verified`, open a case with AWS Support: nothing else lifts it",
        )


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
    units += settings.worker.count * settings.worker.cpu if settings.worker else 0
    spot = settings.capacity == "spot"
    code = "L-36FBB829" if spot else "L-3032A538"
    answer = client("service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode=code)
    what = f"{'Fargate Spot' if spot else 'Fargate'} vCPUs that {stack} needs during a release"
    yield Quota(what, 2 * units / _CPU_UNITS, float(answer["Quota"]["Value"]), "fargate", code)


def _parameters(client: Client, _stack: str) -> Iterator[Quota]:
    pages = client("ssm").get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 50})
    yield Quota("SSM parameters", sum(len(page["Parameters"]) for page in pages), _PARAMETERS)
