"""The values that settings take: their types, ranges and patterns, and how they are read from text."""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError


def number_from_text(value: object) -> object:
    """Pulumi hands a program every value as text; `Literal` numbers need the number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value


def _from_json(opening: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        try:
            return json.loads(value) if isinstance(value, str) and value.lstrip().startswith(opening) else value
        except (ValueError, RecursionError):
            return value

    return read


# Lists and structured settings arrive as JSON text.
list_from_text, object_from_text = _from_json("["), _from_json("{")


def all_different(values: list[str] | None) -> list[str] | None:
    """AWS would refuse two subnets in one zone, but only after half of the layer was created."""
    if values and len(set(values)) < len(values):
        raise PydanticCustomError("not_different", "must be two different zones")
    return values


def not_a_clone_address(value: str | None) -> str | None:
    """GitHub never puts `.git` into the subject of a token, so a role that trusts such a name trusts nobody."""
    if value and value.endswith(".git"):
        raise PydanticCustomError("not_an_address", "must be written without `.git`")
    return value


_SNAPSHOT: Final = re.compile(r"(rds:)?[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_SNAPSHOT: Final = 255


def time_of(value: str) -> datetime | None:
    """The point in time that a text such as `2026-11-25T06:00:00Z` names; None where it does not have that form."""
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def snapshot_or_time(value: str) -> str:
    """What RDS can restore. Pulumi writes a time without quotes in a stack file as `2026-11-25 06:00:00 +0000 UTC`."""
    value = re.sub(r"^(\S+) (\S+)( \+0000 UTC|\+00:00)$", r"\1T\2Z", value)
    if time_of(value) or (_SNAPSHOT.fullmatch(value) and len(value) <= _LONGEST_SNAPSHOT):
        return value
    raise PydanticCustomError(
        "not_restorable", "must be the name of a backup, or a time in UTC such as `2026-11-25T06:00:00Z`"
    )


SnapshotOrTime = Annotated[str, AfterValidator(snapshot_or_time)]


def next_disk(gib: int) -> int:
    """The smallest size in GiB above this one, by a tenth or more, that RDS enlarges a database's disk to.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
    """
    return -(-gib * 11 // 10)


# CPU units to the memory sizes (MiB) that Fargate offers with them.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
FARGATE_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: (1024, 2048, 3072, 4096),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
}
CpuUnits = Annotated[Literal[256, 512, 1024, 2048, 4096], BeforeValidator(number_from_text)]

# ECS rolls a release back after this many failed tasks, at the least; each has its grace, and takes about this long to
# start, to be found unhealthy and to stop.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
FAILURES_BEFORE_ROLLBACK = 3
TASK_START_SECONDS = 120


def unhealthy_minutes(grace_seconds: int) -> int:
    """For how many minutes a task is unhealthy before that rolls a release back: longer than one may be at its start.

    ECS watches a finished deployment for as long as its alarms need.
    """
    return math.ceil(grace_seconds / 60) + 2


# By `deploymentStrategy`, after how many steps ECS waits and watches the alarms, and for how many minutes: short enough
# for the default `steadyStateMinutes`, and longer than the 5xx alarms take to go off.
BAKES = {"rolling": 0, "blue-green": 1, "canary": 2}
BAKE_MINUTES = 4
LONGEST_RELEASE = 60  # minutes

# Seconds that a container's health check can wait.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
LONGEST_START = 300

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogRetentionDays = Annotated[
    Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], BeforeValidator(number_from_text)
]

# Scheme, host and port, as browsers write and CORS compares them: lower case, no path and no trailing slash.
_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_ORIGIN = rf"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:{_PORT})?"
ORIGIN = rf"^{_ORIGIN}$"
ORIGINS = rf"^{_ORIGIN}(,{_ORIGIN})*$"
Origin = Annotated[str, Field(pattern=ORIGIN)]

# One address, as browsers judge it: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
Email = Annotated[
    str, Field(pattern=rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(\.{_LABEL})+$", max_length=320)
]

# Below the repository's root: no file of the computer that deploys.
StatementsFile = Annotated[str, Field(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\.json$")]

# What an owner, a repository, a branch or an environment can be called, without what IAM would read as a pattern. A
# role's trust policy, which names each several times, holds 2,048 characters.
GITHUB_REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$"
GITHUB_WORD = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,139}$"


# The families that RDS has for Postgres 15, and later ones of their kinds; none but `t` is smaller than `large`.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Support.html
_DATABASE_CLASS: Final = re.compile(
    r"db\.(t(3|4g)\.(micro|small|medium|large|2?xlarge)"
    r"|([mr]([5-9]|[1-9][0-9])[a-z]*|c6gd|x([2-9]|[1-9][0-9])[a-z]*)\.(large|([2-9]|[1-9][0-9])?xlarge))"
)


def database_class(value: str) -> str:
    """A size of a database's server that RDS has, or may have one day: AWS says which there are in a region."""
    if not _DATABASE_CLASS.fullmatch(value):
        raise PydanticCustomError(
            "not_a_database_class",
            "must be a class that RDS has for Postgres 15, such as `db.t4g.micro` or `db.m7g.large`",
        )
    return value


DatabaseClass = Annotated[str, AfterValidator(database_class)]

# GiB of memory of the smallest class that doubles with each size: `large` of most families.
_LARGE = {"t3": 8, "t4g": 8, "m": 8, "r": 16, "c": 4, "x": 32}
_SIZES = {"micro": 1 / 8, "small": 1 / 4, "medium": 1 / 2, "large": 1, "xlarge": 2}
_FREE_FOR_POSTGRES = 0.7  # of a class's memory, at the least; AWS's own processes have the rest


def max_connections(instance_class: str) -> int:
    """How many connections Postgres takes on an RDS class, estimated low; 0 where the class's memory is not known.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
    """
    _, family, size = instance_class.split(".")
    large = _LARGE.get(family) or (_LARGE.get(family[0]) if not family.startswith(("t", "x")) else None)
    factor = _SIZES.get(size) or 2.0 * int(size.removesuffix("xlarge") or 1)
    return min(int(large * factor * 2**30 * _FREE_FOR_POSTGRES / 9531392), 5000) if large else 0
