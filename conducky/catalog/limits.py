"""What AWS or its provider refuses beyond names and required inputs; each check returns the reason, or None."""

import json
import re

from conducky.catalog.property_bag import UNKNOWN, Properties, bag, bags
from conducky.settings import FARGATE_SIZES, LONGEST_START

_DAY = 86400  # seconds


def fixed_response(inputs: Properties) -> str | None:
    """The provider accepts only 2xx, 4xx and 5xx (internal/service/elbv2/listener.go)."""
    for action in bags(inputs, "defaultActions") + bags(inputs, "actions"):
        code = str(bag(action, "fixedResponse").get("statusCode") or "200")
        if code != UNKNOWN and not re.fullmatch(r"[245]\d\d", code):
            return f"the status of a fixed response must be 2XX, 4XX or 5XX, not {code}"
    return None


def alarm(inputs: Properties) -> str | None:
    """More datapoints than are evaluated never come; and CloudWatch looks back a day at most.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    evaluated, period = int(inputs["evaluationPeriods"]), int(inputs.get("period") or 60)
    if int(inputs.get("datapointsToAlarm") or evaluated) > evaluated:
        return "`datapointsToAlarm` must not be more than `evaluationPeriods`"
    return "an alarm looks back a day at most" if evaluated * period > _DAY else None


def scalable_range(inputs: Properties) -> str | None:
    """https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html."""
    above = int(inputs["minCapacity"]) > int(inputs["maxCapacity"])
    return "Maximum capacity cannot be less than minimum capacity" if above else None


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
        loaded = json.loads(str(text))
    except ValueError:
        return "`containerDefinitions` is not JSON"
    for container in loaded:
        start = bag(container, "healthCheck").get("startPeriod") or 0
        if start > LONGEST_START:
            return f"the start period of a container's health check is {start} s and may be {LONGEST_START}"
    return None if loaded else "a task definition needs a container"


def integration(inputs: Properties) -> str | None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html."""
    timeout = int(inputs.get("timeoutMilliseconds") or 30000)
    return None if 50 <= timeout <= 30000 else f"an integration of an HTTP API waits 50 to 30000 ms, not {timeout}"  # noqa: PLR2004
