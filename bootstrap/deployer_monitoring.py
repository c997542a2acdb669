"""What the deployer may do with alarms, with the e-mails that they send, with autoscaling, and with access logs."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement


def monitoring_statements(scope: Scope) -> Sequence[Statement]:
    """Alarms, the dashboard, what sends e-mails, ranges of tasks with Auto Scaling's own alarms, and access logs."""
    prefix, targets = scope.names.prefix, scope.arn("application-autoscaling", "scalable-target/*")
    topics, rules = scope.arn("sns", f"{prefix}*"), scope.arn("events", f"rule/{prefix}*")
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
        Statement(
            "Dashboards",
            ["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
            [f"arn:aws:cloudwatch::{scope.place.account_id}:dashboard/{prefix}*"],
            reason="This stack's dashboard.",
        ),
        Statement(
            "Topics",
            [
                "sns:CreateTopic",
                "sns:DeleteTopic",
                "sns:GetSubscriptionAttributes",
                "sns:GetTopicAttributes",
                "sns:ListTagsForResource",
                "sns:SetTopicAttributes",
                "sns:Subscribe",
                "sns:TagResource",
                "sns:Unsubscribe",
                "sns:UntagResource",
            ],
            [topics],
            reason="The topic of the setting `alarmEmail`, and its subscriber.",
        ),
        Statement(
            "Rules",
            [
                "events:DeleteRule",
                "events:DescribeRule",
                "events:ListTagsForResource",
                "events:ListTargetsByRule",
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
                "events:TagResource",
                "events:UntagResource",
            ],
            [rules],
            reason="The rule that finds failed deployments, and its target.",
        ),
        # Denied here, for the boundary has no room for it: so it holds whatever else is attached.
        Statement(
            "NoOtherEvents",
            ["events:PutRule"],
            [rules],
            {"ForAllValues:StringNotEquals": {"events:source": "aws.ecs"}},  # also where a rule names no source
            effect="Deny",
            reason="No rule about the account's events, but ECS's.",
        ),
        # Created on the caller's behalf, with the service's name in theirs.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/auto-scaling-IAM.html
        Statement(
            "AlarmsOfScaling",
            ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
            [scope.arn("cloudwatch", f"alarm:TargetTracking-service/{prefix}*")],
            reason="Those that Auto Scaling creates for this stack's services.",
        ),
        Statement(
            "NewScaling",
            ["application-autoscaling:RegisterScalableTarget", "application-autoscaling:TagResource"],
            [targets],
            {"StringEquals": scope.new_tags},
            reason="New ranges of tasks, with this stack's tags only; AWS names them itself.",
        ),
        Statement(
            "OwnScaling",
            [
                "application-autoscaling:DeleteScalingPolicy",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:ListTagsForResource",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:RegisterScalableTarget",
            ],
            [targets],
            {"StringEquals": scope.own_tags},
            reason="This stack's ranges and their policies.",
        ),
        Statement(
            "AccessLogs",
            [
                *("s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy"),
                # The provider names the version `null` of each object; S3's page asks for the first right always.
                # https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
                *("s3:DeleteObject", "s3:DeleteObjectVersion"),
                *("s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging"),
                *("s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy"),
                *("s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketVersioning"),
                *("s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration"),
                *("s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListBucketVersions", "s3:ListTagsForResource"),
                *("s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"),
                *("s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:TagResource"),
                "s3:UntagResource",
            ],
            [scope.arn("s3", f"{prefix}*")],
            reason="The bucket of the setting `accessLogDays`, emptied when it goes; never reading what is in it.",
        ),
    ]
