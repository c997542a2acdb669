"""What the deployer may do with schedules, and by hand what they do."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement


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
            "StopAndStartDatabase",
            ["rds:StartDBInstance", "rds:StopDBInstance"],
            [scope.arn("rds", f"db:{scope.names.prefix}*")],
            reason="`conducky start` and `conducky stop`.",
        ),
    ]
