"""The environment variables that a deployment reads, on a laptop and in GitHub Actions alike."""

import os
import re

from conducky.errors import UserError, quoted

LONGEST_SECRET = 4096  # characters; what a standard SSM parameter holds
SHORTEST_SECRET = 32  # characters; an HS256 key shorter than its hash (32 bytes) weakens it (RFC 7518, section 3.2)

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def variable(name: str) -> str | None:
    """The value of an environment variable; a blank one counts as unset, as GitHub gives an unset secret."""
    return os.environ.get(name, "").strip() or None


def region() -> str:
    """The AWS region, from AWS_REGION.

    Raises:
        UserError: it is unset or is no region's name.
    """
    value = variable("AWS_REGION")
    if value is None:
        raise UserError("AWS_REGION is not set: run `export AWS_REGION=us-east-1`, or the region of your choice")
    if not _REGION.fullmatch(value):
        raise UserError(f"AWS_REGION is {quoted(value)}, which is no region's name: run `export AWS_REGION=us-east-1`")
    return value
