"""A call that EventBridge Scheduler makes at the moments of a stack's schedule."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.naming import Names
from conducky.settings.schedule import Moment, parse_schedule

SCHEDULER_ROLE = "scheduler"  # of bootstrap: with it, every scheduled call is made


@dataclass(frozen=True)
class ScheduledCall:
    """A call of AWS's API (`ecs:updateService`), its parameters, and when: a moment and so many minutes after it."""

    api: str
    parameters: Mapping[str, pulumi.Input[str | int]]
    moment: Moment
    minutes: int = 0


def scheduled_call(
    part: str,
    schedule: str,
    call: ScheduledCall,
    names: Names,
    role_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> "aws.scheduler.Schedule":
    """Register a call. Its description is the schedule as it was set, for people and for the price."""
    parsed = parse_schedule(schedule)
    name = names.of(f"{part}-{call.moment}")
    return aws.scheduler.Schedule(
        name,
        name=name,
        description=schedule,
        schedule_expression=parsed.cron(call.moment, call.minutes),
        schedule_expression_timezone=parsed.zone,
        flexible_time_window={"mode": "OFF"},
        target={
            "arn": f"arn:aws:scheduler:::aws-sdk:{call.api}",
            "role_arn": role_arn,
            "input": pulumi.Output.all(**call.parameters).apply(lambda found: json.dumps(found, sort_keys=True)),
        },
        opts=opts,
    )
