"""What the deployer may do with alarms."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement


def monitoring_statements(scope: Scope) -> Sequence[Statement]:
    """The alarms that roll releases back."""
    prefix = scope.names.prefix
    return [
        Statement(
            "Alarms",
            [
                "cloudwatch:DeleteAlarms",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:ListTagsForResource",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
            ],
            [scope.arn("cloudwatch", f"alarm:{prefix}*")],
            reason="This stack's alarms.",
        ),
    ]
