"""What AWS or its provider refuses beyond names and required inputs; each check returns the reason, or None."""

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypeAliasType, TypedDict

from conducky.catalog.property_bag import UNKNOWN, Properties, bag, bags
from conducky.settings import FARGATE_SIZES, LONGEST_START

_DAY = 86400  # seconds
_GRID = 24  # columns

# By namespace, the names of metrics that are free, and the dimensions by which each is found.
METRICS: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "metrics.toml").read_text("utf-8"))


class _Chart(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]
    title: str
    metrics: Annotated[list[list[str | dict[str, str]]], Field(min_length=1)]
    stat: Annotated[str, Field(pattern=r"^(Average|Maximum|Minimum|SampleCount|Sum|p[0-9.]+)$")]
    period: Annotated[int, Field(ge=60, multiple_of=60)]
    region: str
    view: Literal["timeSeries", "singleValue", "bar", "pie", "gauge", "table"]


class _Widget(TypedDict):
    type: Literal["metric"]
    x: Annotated[int, Field(ge=0, lt=_GRID)]
    y: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(ge=1, le=_GRID)]
    height: Annotated[int, Field(ge=1, le=1000)]
    properties: _Chart


class _Body(TypedDict):
    widgets: Annotated[list[_Widget], Field(max_length=500)]


_BODY = TypeAdapter(_Body)
# Objects, down to lists of what a value may be.
_Pattern = TypeAliasType("_Pattern", "dict[str, _Pattern | Annotated[list[Any], Field(min_length=1)]]")
_PATTERN: TypeAdapter[Any] = TypeAdapter(_Pattern)


def fixed_response(inputs: Properties) -> str | None:
    """The provider accepts only 2xx, 4xx and 5xx (internal/service/elbv2/listener.go)."""
    for action in bags(inputs, "defaultActions") + bags(inputs, "actions"):
        code = str(bag(action, "fixedResponse").get("statusCode") or "200")
        if code != UNKNOWN and not re.fullmatch(r"[245]\d\d", code):
            return f"the status of a fixed response must be 2XX, 4XX or 5XX, not {code}"
    return None


def alarm(inputs: Properties) -> str | None:
    """More datapoints than are evaluated never come; CloudWatch looks back a day at most, and finds what there is.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    evaluated, period = int(inputs["evaluationPeriods"]), int(inputs.get("period") or 60)
    if int(inputs.get("datapointsToAlarm") or evaluated) > evaluated:
        return "`datapointsToAlarm` must not be more than `evaluationPeriods`"
    if evaluated * period > _DAY:
        return "an alarm looks back a day at most"
    return unknown_metric(str(inputs.get("namespace")), str(inputs.get("metricName")), bag(inputs, "dimensions"))


def unknown_metric(namespace: str, name: str, dimensions: Iterable[str]) -> str | None:
    """Why nobody would ever see a value: CloudWatch takes any metric, and finds only one with all its dimensions."""
    known = METRICS.get(namespace, {})
    if name not in known.get("names", []):
        return f"{namespace} has no metric {name}: correct it, or add it to conducky/catalog/metrics.toml"
    if sorted(dimensions) not in known["dimensions"]:
        return f"{namespace} has no {name} by {', '.join(sorted(dimensions)) or 'nothing'}"
    return None


def dashboard(inputs: Properties) -> str | None:
    """Charts in the grid, of metrics that exist.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    if inputs["dashboardBody"] == UNKNOWN:
        return None
    refused = "InvalidParameterInput: The dashboard body is invalid: "
    try:
        for number, widget in enumerate(_BODY.validate_json(str(inputs["dashboardBody"]))["widgets"]):
            if widget["x"] + widget["width"] > _GRID:
                return f"{refused}widget {number} is wider than the grid of {_GRID} columns"
            for namespace, name, *rest in widget["properties"]["metrics"]:
                dimensions = [str(each) for each in rest if not isinstance(each, dict)]
                if problem := unknown_metric(str(namespace), str(name), dimensions[::2]):
                    return f"widget {number} would stay empty: {problem}"
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{refused}{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return None


def event_pattern(inputs: Properties) -> str | None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html."""
    pattern = inputs.get("eventPattern")
    if pattern in (None, UNKNOWN):
        return None
    try:
        _PATTERN.validate_json(str(pattern))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"InvalidEventPatternException: Event pattern is not valid. Reason: {first['msg']}"
    return None


def scalable_range(inputs: Properties) -> str | None:
    """https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html."""
    above = int(inputs["minCapacity"]) > int(inputs["maxCapacity"])
    return "Maximum capacity cannot be less than minimum capacity" if above else None


def expiration(inputs: Properties) -> str | None:
    """Whole days; https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html."""
    days = [bag(rule, "expiration").get("days") for rule in bags(inputs, "rules")]
    wrong = any(each is not None and int(each) < 1 for each in days)
    return "'Days' for Expiration action must be a positive integer" if wrong else None


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
