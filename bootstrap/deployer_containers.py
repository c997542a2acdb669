"""What the deployer may do with images, ECS and logs."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement


def containers_statements(scope: Scope) -> Sequence[Statement]:
    """Images, cluster, task definitions, services and logs."""
    prefix = scope.names.prefix
    services = scope.arn("ecs", f"service/{prefix}*/*")
    return [
        Statement(
            "PushImages",
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:DescribeImages",
                "ecr:GetDownloadUrlForLayer",
                "ecr:InitiateLayerUpload",
                "ecr:ListImages",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            [scope.arn("ecr", f"repository/{prefix}*")],
            reason="Finding what is pushed already, pushing both images and their build cache, and tagging live ones; "
            "never deleting one.",
        ),
        Statement(
            "Clusters",
            [
                "ecs:CreateCluster",
                "ecs:DeleteCluster",
                "ecs:DescribeClusters",
                "ecs:ListTagsForResource",
                "ecs:PutClusterCapacityProviders",
                "ecs:TagResource",
                "ecs:UntagResource",
                "ecs:UpdateCluster",
            ],
            [scope.arn("ecs", f"cluster/{prefix}*")],
            reason="The cluster and its capacity providers.",
        ),
        # Not ecs:DeregisterTaskDefinition: IAM would let it reach every stack's, and old revisions are kept for
        # rollbacks anyway (skip_destroy).
        # AWS's sources disagree on whether this call is judged by the family or by `*`, so the tags restrict it; and it
        # sets them, which the next statement allows for this stack's families only.
        Statement(
            "RegisterTaskDefinitions",
            ["ecs:RegisterTaskDefinition"],
            ["*"],
            {
                "StringEquals": scope.new_tags,
                "NumericLessThanEquals": {"ecs:task-cpu": str(scope.max_task_cpu)},
            },
            reason="A new revision for each release, with this stack's tags only, and no more CPU than `maxTaskCpu`.",
        ),
        Statement(
            "TagTaskDefinitions",
            ["ecs:TagResource", "ecs:UntagResource"],
            [scope.arn("ecs", f"task-definition/{prefix}*")],
            reason="The tags of those revisions.",
        ),
        Statement(
            "Services",
            [
                "ecs:CreateService",
                "ecs:DeleteService",
                "ecs:DescribeServices",
                "ecs:ListServiceDeployments",
                "ecs:TagResource",
                "ecs:UntagResource",
                "ecs:UpdateService",
            ],
            [services],
            reason="Both services.",
        ),
        Statement(
            "WaitForDeployments",
            ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions"],
            # AWS judges the service, and the deployment or the revision.
            [
                services,
                *(scope.arn("ecs", f"{kind}/{prefix}*/*") for kind in ("service-deployment", "service-revision")),
            ],
            reason="Waiting until a release is steady, or rolled back, and what it brought.",
        ),
        Statement(
            "Tasks",
            ["ecs:DescribeTasks"],
            [scope.arn("ecs", f"task/{prefix}*/*")],
            reason="Why a task stopped, for people and checks after a release.",
        ),
        Statement(
            "ListTasks",
            ["ecs:ListTasks"],
            # The resource of this call is a container instance, of which Fargate has none: the cluster restricts it.
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_id-based-policy-examples.html
            ["*"],
            {"ArnLike": {"ecs:cluster": scope.arn("ecs", f"cluster/{prefix}*")}},
            reason="Which tasks run, for people and checks after a release.",
        ),
        Statement(
            "Logs",
            [
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:FilterLogEvents",
                "logs:GetLogEvents",
                "logs:ListTagsForResource",
                "logs:PutRetentionPolicy",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            # The last star takes in what follows a colon too (`:*`, `:log-stream:…`); tag calls carry the bare ARN.
            [scope.arn("logs", f"log-group:{prefix}*")],
            reason="Both log groups, and reading them after a release.",
        ),
    ]
