"""The alarms that roll a service's release back: its tasks answer with errors, or do not stay healthy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from conducky.settings.values import unhealthy_minutes

_ERRORS = 5  # in a minute; a few happen without a reason
_SEE = "docs/runbook.md#an-alarm-went-off"


class Metric(TypedDict):
    """A metric of CloudWatch."""

    namespace: str
    metric_name: str
    dimensions: dict[str, pulumi.Input[str]]


@dataclass(frozen=True)
class ReleaseAlarmsArgs:
    """What to watch, by the ending of the alarm's name: errors end with `5xx`, tasks with `unhealthy`.

    `grace_seconds` is how long a new task may be unhealthy; `topic_arn` gets what they say, if there is one.
    """

    full_name: str
    metrics: Mapping[str, Metric]
    grace_seconds: int
    topic_arn: pulumi.Output[str] | None = None


def of_target_group(group: aws.lb.TargetGroup, load_balancer: str, color: str = "") -> dict[str, Metric]:
    """What a load balancer (by its name in metrics) counts of the tasks in a target group."""
    dimensions: dict[str, pulumi.Input[str]] = {"LoadBalancer": load_balancer, "TargetGroup": group.arn_suffix}
    names = {"5xx": "HTTPCode_Target_5XX_Count", "unhealthy": "UnHealthyHostCount"}
    return {
        f"{color}{ending}": Metric(namespace="AWS/ApplicationELB", metric_name=name, dimensions=dimensions)
        for ending, name in names.items()
    }


def of_api(api_id: str) -> dict[str, Metric]:
    """What an HTTP API counts: errors of all applications together, for one of them alone costs extra."""
    return {"5xx": Metric(namespace="AWS/ApiGateway", metric_name="5xx", dimensions={"ApiId": api_id})}


class ReleaseAlarms(pulumi.ComponentResource):
    """The alarms. ECS reads them during a deployment and for a while afterwards."""

    names: list[pulumi.Output[str]]

    def __init__(self, name: str, args: ReleaseAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:ReleaseAlarms", name, None, opts)
        # A new task is unhealthy too while it migrates, and must not roll its own release back.
        minutes = unhealthy_minutes(args.grace_seconds)
        actions = None if args.topic_arn is None else [args.topic_arn]
        self.names = []
        for ending, metric in args.metrics.items():
            is_errors = ending.endswith("5xx")
            alarm = aws.cloudwatch.MetricAlarm(
                f"{args.full_name}-{ending}",
                name=f"{args.full_name}-{ending}",
                alarm_description=f"More than {_ERRORS} requests a minute got an error (5xx): {_SEE}"
                if is_errors
                else f"A task has been unhealthy for {minutes} minutes: {_SEE}",
                **metric,
                statistic="Sum" if is_errors else "Maximum",
                period=60,
                comparison_operator="GreaterThanThreshold",
                threshold=_ERRORS if is_errors else 0,
                evaluation_periods=2 if is_errors else minutes,
                datapoints_to_alarm=1 if is_errors else minutes,
                # Without requests there are no errors, and without targets no unhealthy ones.
                treat_missing_data="notBreaching",
                alarm_actions=actions,
                ok_actions=actions,
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.names.append(alarm.name)
        self.register_outputs({})
