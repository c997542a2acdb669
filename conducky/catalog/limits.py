"""What AWS or its provider refuses beyond names and required inputs; each check returns the reason, or None."""

import json
import re

from conducky.catalog.property_bag import UNKNOWN, Properties, bag, bags
from conducky.settings import FARGATE_SIZES


def fixed_response(inputs: Properties) -> str | None:
    """The provider accepts only 2xx, 4xx and 5xx (internal/service/elbv2/listener.go)."""
    for action in bags(inputs, "defaultActions") + bags(inputs, "actions"):
        code = str(bag(action, "fixedResponse").get("statusCode") or "200")
        if code != UNKNOWN and not re.fullmatch(r"[245]\d\d", code):
            return f"the status of a fixed response must be 2XX, 4XX or 5XX, not {code}"
    return None


def fargate_size(inputs: Properties) -> str | None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html."""
    cpu, memory = (str(inputs.get(name)) for name in ("cpu", "memory"))
    if UNKNOWN in (cpu, memory):
        return None
    offered = FARGATE_SIZES.get(int(cpu), ()) if cpu.isdecimal() else ()
    if memory in map(str, offered):
        return None
    return f"Fargate offers no task of {cpu} CPU units with {memory} MiB"


def containers(inputs: Properties) -> str | None:
    """A task definition holds at least one container, as JSON."""
    text = inputs.get("containerDefinitions")
    if text == UNKNOWN:
        return None
    try:
        return None if json.loads(str(text)) else "a task definition needs a container"
    except ValueError:
        return "`containerDefinitions` is not JSON"
