"""What the deployer may do with schedules, and by hand what they do."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement
from conducky.scheduled_call import SCHEDULER_ROLE


def schedule_statements(scope: Scope) -> Sequence[Statement]:
    """The schedules that stop and start the stack, and its database."""
    return [
        Statement(
            "Schedules",
            [
                "scheduler:CreateSchedule",
                "scheduler:DeleteSchedule",
                "scheduler:GetSchedule",
                "scheduler:UpdateSchedule",
            ],
            [scope.arn("scheduler", f"schedule/default/{scope.names.prefix}*")],
            reason="The scheduled calls of the setting `schedule`.",
        ),
        Statement(
            "PassRoleToScheduler",
            ["iam:PassRole"],
            [scope.arn("iam", f"role/{scope.names.of(SCHEDULER_ROLE)}")],
            {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
            reason="Each names the role with which it is made, that bootstrap created.",
        ),
        Statement(
            "StopAndStartDatabase",
            ["rds:StartDBInstance", "rds:StopDBInstance"],
            [scope.arn("rds", f"db:{scope.names.prefix}*")],
            reason="`conducky start` and `conducky stop`.",
        ),
    ]
