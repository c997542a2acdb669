"""What the deployer may do with images, ECS and logs."""

from deployer_scope import Scope

from conducky.policy import Policy, Statement, policy


def containers_policy(scope: Scope) -> Policy:
    """Images, cluster, services and logs."""
    prefix = scope.names.prefix
    repositories = [scope.arn("ecr", f"repository/{prefix}*")]
    return policy(
        # No resource level: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
        Statement(
            "WhatIamCannotRestrict",
            [
                "ecr:GetAuthorizationToken",
                "ecs:DeregisterTaskDefinition",
                "ecs:DescribeTaskDefinition",
                "ecs:ListTaskDefinitions",
                "logs:DescribeLogGroups",
            ],
            ["*"],
        ),
        Statement(
            "PushImages",
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:DescribeImages",
                "ecr:DescribeRepositories",
                "ecr:GetDownloadUrlForLayer",
                "ecr:InitiateLayerUpload",
                "ecr:ListImages",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            repositories,
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
        ),
        Statement(
            "TaskDefinitions",
            ["ecs:ListTagsForResource", "ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UntagResource"],
            [scope.arn("ecs", f"task-definition/{prefix}*:*")],
        ),
        Statement(
            "Services",
            [
                "ecs:CreateService",
                "ecs:DeleteService",
                "ecs:DescribeServiceDeployments",
                "ecs:DescribeServices",
                "ecs:ListServiceDeployments",
                "ecs:ListTagsForResource",
                "ecs:TagResource",
                "ecs:UntagResource",
                "ecs:UpdateService",
            ],
            [scope.arn("ecs", f"{kind}/{prefix}*/*") for kind in ("service", "service-deployment", "service-revision")],
        ),
        Statement(
            "Logs",
            [
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:ListTagsForResource",
                "logs:PutRetentionPolicy",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            # With and without `:*`: tag calls carry the bare ARN.
            [scope.arn("logs", f"log-group:{prefix}*"), scope.arn("logs", f"log-group:{prefix}*:*")],
        ),
    )
