"""The deployments that the policies are proven for: every stack file, and every option switched on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployer_policy import deployer_policies
from deployer_scope import Scope
from identity_boundaries import identity_boundaries

from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Names, Place
from conducky.policy import Policy, terse_policy
from conducky.repository import LAYERS, ROOT
from conducky.settings import PlatformSettings
from tests.iam.caller import Caller
from tests.iam.judge import Question, Request

PLACE = Place("us-east-1", ACCOUNT_ID)
STACKS = sorted(file.name.split(".")[1] for file in (ROOT / "services").glob("Pulumi.*.yaml"))

ADMINISTRATOR: Policy = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": ["*"], "Resource": ["*"]}],
}

CERTIFICATE = {
    "https": "certificate",
    "domain": "app.example.com",
    "www": "true",
    "certificateArn": PLACE.arn("acm", "certificate/01234567-89ab-cdef-0123-456789abcdef"),
}
# The other value of each option that has one; a test fails for an option that is missing here.
OPTIONS: dict[str, dict[str, str]] = {
    "bootstrap": {"githubRepository": "acme/conducky", "githubIds": "1234/5678", "githubPreviews": "true"},
    "platform": {
        "accessLogDays": "90",
        "databaseFinalSnapshot": "true",
        "databaseMultiAz": "true",
        "databasePasswordRotation": "true",
        "deletionProtection": "true",
        "crossSiteSessions": "accept-broken",
        "loadBalancers": "dedicated",
        **CERTIFICATE,
        "schedule": "mon-fri 08:00-20:00 Europe/Berlin",
    },
    "services": {
        "architecture": "x86_64",
        "capacity": "on-demand",
        "alarmRollback": "true",
        "deploymentStrategy": "canary",
        "alarmEmail": "a@example.com",
        "worker": '{"command": ["node", "worker.js"]}',
    },
}
HOSTED_ZONE = {"https": "hosted-zone", "domain": "app.example.com", "hostedZone": "example.com", "www": "true"}
CLOUDFRONT = HOSTED_ZONE | {"https": "cloudfront", "accessLogDays": "90"}
# What one of those excludes.
HTTP_API: dict[str, dict[str, str]] = {
    "platform": {"entrance": "http-api"},
    "services": {"backendMaxCount": "3"},  # a schedule excludes it
}


@dataclass(frozen=True)
class Deployment:
    """One stack of one project: its programs as evaluated, and what its deployer may do."""

    label: str
    stack: str
    layers: Mapping[str, Evaluation]
    scope: Scope
    policies: Mapping[str, Policy]
    caller: Caller

    @property
    def names(self) -> Names:
        """How its resources are called."""
        return self.scope.names

    @property
    def documents(self) -> dict[str, Policy]:
        """Its policies, everybody's AdministratorAccess, and the boundaries, each by its identity's name."""
        boundaries = {f"{name}-boundary": terse_policy(*each) for name, each in identity_boundaries(self.scope).items()}
        return {**self.policies, **boundaries, "admin": ADMINISTRATOR}

    def asks(self, request: Request, *more: str, boundary: str | None = "deployer-boundary") -> Question:
        """May the deployer, with its policies and `more`, under its boundary?"""
        return Question(request, (*self.attached, *more), boundary)

    @property
    def attached(self) -> tuple[str, ...]:
        """The names of all policies that the deployer has."""
        return tuple(self.policies)


@dataclass(frozen=True)
class Settings:
    """Which deployment."""

    stack: str
    project: str = "conducky"
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


VARIANTS: dict[str, Settings] = {
    **{stack: Settings(stack) for stack in STACKS},
    "every option": Settings("dev", options=OPTIONS),
    "http-api": Settings("dev", options=HTTP_API),
    "hosted zone": Settings("dev", options={"platform": HOSTED_ZONE | {"loadBalancers": "dedicated"}}),
    "CloudFront": Settings("dev", options={"platform": {"https": "cloudfront"}}),
    "CloudFront and a domain": Settings("dev", options={"platform": CLOUDFRONT}),
    "another project": Settings("dev", project="other"),
}


def deployment(label: str) -> Deployment:
    """Evaluate one of `VARIANTS`."""
    settings = VARIANTS[label]
    layers: dict[str, Evaluation] = {}
    for layer in LAYERS:
        layers[layer] = evaluate(
            layer,
            stack=settings.stack,
            config={"projectName": settings.project, **settings.options.get(layer, {})},
            upstream={lower: made.exports for lower, made in layers.items()},
        )
    exports = layers["bootstrap"].exports
    names = Names(settings.project, settings.stack)
    platform = PlatformSettings.model_validate(settings.options.get("platform", {}))
    domains = platform.names if platform.hosted_zone else ()
    scope = Scope(names, PLACE, int(exports["max_task_cpu"]), bool(exports["is_protected"]), domains)
    resources = tuple(resource for made in layers.values() for resource in made.resources)
    caller = Caller(scope.arn("iam", f"user/{scope.names.of('deployer')}"), PLACE, resources)
    return Deployment(label, settings.stack, layers, scope, deployer_policies(scope), caller)
