"""The values that settings take: their types, ranges and patterns, and how they are read from text."""

import json
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
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

# Seconds that a container's health check can wait.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
LONGEST_START = 300

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogRetentionDays = Annotated[
    Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], BeforeValidator(number_from_text)
]

# Scheme, host and port, as browsers write and CORS compares them: lower case, no path and no trailing slash.
_ORIGIN = r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?"
ORIGIN = rf"^{_ORIGIN}$"
ORIGINS = rf"^{_ORIGIN}(,{_ORIGIN})*$"
Origin = Annotated[str, Field(pattern=ORIGIN)]

# Below the repository's root: no file of the computer that deploys.
StatementsFile = Annotated[str, Field(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\.json$")]

# What an owner, a repository, a branch or an environment can be called, without what IAM would read as a pattern. A
# role's trust policy, which names each several times, holds 2,048 characters.
GITHUB_REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$"
GITHUB_WORD = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,139}$"
