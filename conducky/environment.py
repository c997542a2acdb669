"""Every environment variable that a deployment reads, on your computer and in GitHub Actions alike."""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from conducky.errors import UserError, quoted

SHORTEST_SECRET = 32  # characters; an HS256 key shorter than its hash (32 bytes) weakens it (RFC 7518, section 3.2)

# The sample backend's secrets, with the setting that is used if the variable is not set.
APPLICATION_SECRETS: dict[str, str] = {"JWT_SECRET": "jwtSecret", "SESSION_SECRET": "sessionSecret"}

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d")
# ARNs and addresses of these partitions are others, and the programs know those of the commercial one only.
_OTHER_PARTITIONS = {
    "cn-": "AWS in China",
    "eusc-": "the AWS European Sovereign Cloud",
    "eu-isoe-": "an isolated AWS partition",
    "us-gov-": "AWS GovCloud",
    "us-iso": "an isolated AWS partition",
}


_LOCAL = ("localhost", "127.0.0.1", "::1")


def bypass_proxy_locally() -> None:
    """Where this process has a proxy, let it and what it starts reach this computer's own addresses without it.

    The engine, the programs and the providers speak to each other over 127.0.0.1.
    """
    if not any(
        value for name, value in os.environ.items() if name.lower() in ("http_proxy", "https_proxy", "all_proxy")
    ):
        return
    named = f"{os.environ.get('no_proxy', '')},{os.environ.get('NO_PROXY', '')}"
    entries = [entry.strip() for entry in named.split(",") if entry.strip()]
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(dict.fromkeys((*entries, *_LOCAL)))


# What psql shows, and how; the others of libpq say where and how to connect.
_SHOWN = {"PGAPPNAME", "PGCLIENTENCODING", "PGDATESTYLE", "PGTZ"}


def forget_own_database() -> None:
    """Remove the variables of a person's own database, such as PGSERVICE: libpq would take them for ours.

    https://www.postgresql.org/docs/15/libpq-envars.html
    """
    for name in [*os.environ]:
        if re.fullmatch(r"PG[A-Z]+", name) and name not in _SHOWN:
            del os.environ[name]


@dataclass(frozen=True)
class DeployVariable:
    """A variable that a deployment reads; `github` is how GitHub Actions stores it."""

    github: str
    needed: str
    meaning: str


_TABLE = tomllib.loads((Path(__file__).parent / "environment.toml").read_text("utf-8"))
DEPLOY_VARIABLES = {name: DeployVariable(**entry) for name, entry in _TABLE.items()}


def variable(name: str) -> str | None:
    """The value of an environment variable; a blank one counts as unset, because GitHub passes an unset secret so."""
    return os.environ.get(name, "").strip() or None


def region() -> str:
    """The region, from AWS_REGION. Raises UserError when it is unset, not valid, or not a commercial region of AWS."""
    value = variable("AWS_REGION")
    if value is None:
        raise UserError("AWS_REGION is not set", "run `export AWS_REGION=us-east-1`, or the region of your choice")
    if not _REGION.fullmatch(value):
        raise UserError(
            f"AWS_REGION is {quoted(value)}, which is not a valid region", "run `export AWS_REGION=us-east-1`"
        )
    for beginning, partition in _OTHER_PARTITIONS.items():
        if value.startswith(beginning):
            raise UserError(
                f"AWS_REGION is `{value}`, which belongs to {partition}; only AWS's commercial regions are supported",
                "run `export AWS_REGION=us-east-1`, or another of those",
            )
    return value
