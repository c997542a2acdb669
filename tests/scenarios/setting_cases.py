"""For each setting another value than the one it has; changed in this order, each upon the ones before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

ACCOUNT = "123456789012"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/01234567-89ab-cdef-0123-456789abcdef"
STACKS = ("dev", "prod")


@dataclass(frozen=True)
class Case:
    """One setting and its new value, with those that it needs. `stack` is where the case holds, if not everywhere."""

    setting: str
    value: str
    stack: Literal["dev", "prod"] | None = None
    needs: Mapping[str, str] = field(default_factory=dict[str, str])


BOOTSTRAP = (
    Case("accountId", ACCOUNT),
    Case("region", "us-east-1"),
    Case("imagesToKeep", "30"),
    Case("githubRepository", "acme/conducky"),  # first: without it the others are refused
    Case("githubIds", "1234567/7654321"),
    Case("githubBranch", "release"),
    Case("githubEnvironment", "production"),
    Case("githubPreviews", "true"),
    Case("budgetEmail", "costs@example.com"),  # without it the limit is refused
    Case("budgetLimit", "100"),
    Case("maxTaskCpu", "2048"),
    Case("backendPermissions", "bootstrap/permissions.example.json"),
    Case("frontendPermissions", "bootstrap/permissions.example.json"),
)

PLATFORM = (
    Case("accountId", ACCOUNT),
    Case("region", "us-east-1"),
    Case("deletionProtection", "false", "prod"),  # or the load balancer could not be replaced
    Case("https", "off", "prod"),  # the third zone has no VPC origins
    Case("availabilityZones", '["us-east-1a","us-east-1c"]'),
    Case("availabilityZones", '["us-east-1a","us-east-1b"]'),  # back: the third has no VPC links
    Case("databaseInstanceClass", "db.t4g.small"),
    Case("databaseStorageGib", "40"),
    Case("databaseMaxStorageGib", "100"),
    Case("databaseBackupDays", "3"),
    Case("databaseFinalSnapshot", "true", "dev"),
    Case("databaseFinalSnapshot", "false", "prod"),
    Case("databaseMultiAz", "true"),
    Case("schedule", "mon-fri 08:00-20:00 Europe/Berlin"),
    Case("deletionProtection", "true", "dev"),
    Case("deletionProtection", "false", "dev"),  # or the load balancer could not go
    Case("crossSiteSessions", "accept-broken"),
    Case("loadBalancers", "dedicated"),
    Case("loadBalancers", "shared"),
    Case("accessLogDays", "90"),
    Case("accessLogDays", "30"),
    Case("accessLogDays", "0"),  # an HTTP API has none
    Case("certificateArn", CERTIFICATE, needs={"domain": "app.example.com", "https": "certificate"}),
    Case("www", "true"),
    Case("domain", "example.com"),
    Case("hostedZone", "example.com", needs={"https": "hosted-zone", "certificateArn": ""}),
    Case("https", "cloudfront"),
    # There is no way back while services is deployed
    Case("entrance", "http-api", needs={"domain": "", "hostedZone": "", "www": "", "https": "off"}),
    Case("databasePasswordRotation", "true"),
    Case("databaseRestoreFrom", "conducky-dev-database-before", "dev"),
    Case("databaseRestoreFrom", "conducky-prod-database-before", "prod"),
)

SERVICES = (
    Case("accountId", ACCOUNT),
    Case("region", "us-east-1"),
    Case("alarmRollback", "true", "dev"),
    Case("alarmRollback", "false", "prod"),
    Case("alarmEmail", "alarms@example.com"),
    Case("alarmEmail", "operators@example.com"),
    Case("backendCount", "0"),  # from here on no task starts, which would take its time
    Case("frontendCount", "0"),
    Case("architecture", "x86_64"),
    Case("capacity", "on-demand", "dev"),
    Case("capacity", "spot", "prod"),
    Case("capacity", "mixed"),
    Case("frontendMemory", "1024"),
    Case("frontendCpu", "512"),  # which Fargate offers from 1,024 MiB upwards
    Case("backendMemory", "1024"),
    Case("backendCpu", "512"),
    Case("databasePoolSize", "5"),
    Case("frontendGraceSeconds", "120"),
    Case("backendGraceSeconds", "240"),  # an HTTP API allows 300
    Case("steadyStateMinutes", "40"),
    Case("logRetentionDays", "14"),
    Case("frontendBaseUrl", "https://app.example.com"),
    Case("corsOrigin", "https://admin.example.com"),
    Case("nextPublicApiUrl", "https://api.example.com"),
    Case("frontend", '{"variables": {"GREETING": "hello"}}'),
    Case("backend", '{"egress": [443, 587]}'),
    Case("backend", '{"egress": [443, 587], "port": 4001}'),
)

# Settings with `--secret`; they count where the environment variable is not set.
SECRETS: dict[str, str] = {"JWT_SECRET": "jwtSecret", "SESSION_SECRET": "sessionSecret"}

# Digests that the registry must have: test_day_two.py goes back to one and forward again.
IMAGES = ("backendImage", "frontendImage")

# Refused together with the schedule, which is on by then: tests/services/test_autoscaling.py has them.
SCALING = ("backendMaxCount", "frontendMaxCount", "scalingCpuPercent", "scalingRequests")

# Refused behind an HTTP API, which is there by then: tests/services/test_traffic_shift.py has them.
SHIFTING = ("deploymentStrategy", "bakeMinutes")

# It follows the backend's images and secrets, so it comes after what they change.
WORKER = Case("worker", '{"command": ["node", "worker.js"], "count": 0}')

# One name for all three layers, so it is changed in all of them.
EVERYWHERE = "projectName"

CASES: dict[str, Sequence[Case]] = {"bootstrap": BOOTSTRAP, "platform": PLATFORM, "services": SERVICES}
