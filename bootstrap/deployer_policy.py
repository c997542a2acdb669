"""What the deployer may do, one document for each area; pure data, each under IAM's 6,144 characters.

Everything is scoped to one stack: by the prefix of its names, and where AWS names a thing itself (security groups and
their rules), by the stack's tags. What IAM cannot restrict to a resource stands on `*`, in statements that only read.
"""

from dataclasses import dataclass

from conducky.naming import Names
from conducky.policy import Policy, Statement, policy


@dataclass(frozen=True)
class Scope:
    """Where one stack's resources live."""

    names: Names
    region: str
    account_id: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def iam(self, resource: str) -> str:
        """The ARN of an IAM resource."""
        return f"arn:aws:iam::{self.account_id}:{resource}"

    @property
    def boundary_arn(self) -> str:
        """The ARN of the permissions boundary."""
        return self.iam(f"policy/{self.names.of('boundary')}")

    @property
    def own_tags(self) -> dict[str, str]:
        """Condition keys that hold for this stack's existing resources only."""
        return {"aws:ResourceTag/Project": self.names.project, "aws:ResourceTag/Stack": self.names.stack}

    @property
    def new_tags(self) -> dict[str, str]:
        """Condition keys that hold when something is created with this stack's tags."""
        return {"aws:RequestTag/Project": self.names.project, "aws:RequestTag/Stack": self.names.stack}


def deployer_policies(scope: Scope) -> dict[str, Policy]:
    """The deployer's managed policies by area."""
    return {
        "containers": containers_policy(scope),
        "data": data_policy(scope),
        "network": network_policy(scope),
        "roles": roles_policy(scope),
    }


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


def data_policy(scope: Scope) -> Policy:
    """The database and the SSM parameters."""
    prefix = scope.names.prefix
    return policy(
        Statement("WhatIamCannotRestrict", ["ssm:DescribeParameters"], ["*"]),
        # Reading an instance that does not exist yet, or lists: the ARN has no name to restrict.
        Statement("ReadDatabases", ["rds:DescribeDBInstances"], [scope.arn("rds", "db:*")]),
        Statement(
            "Database",
            [
                "rds:AddTagsToResource",
                "rds:CreateDBInstance",
                "rds:CreateDBParameterGroup",
                "rds:CreateDBSnapshot",
                "rds:CreateDBSubnetGroup",
                "rds:DeleteDBInstance",
                "rds:DeleteDBParameterGroup",
                "rds:DeleteDBSubnetGroup",
                "rds:DescribeDBParameterGroups",
                "rds:DescribeDBParameters",
                "rds:DescribeDBSubnetGroups",
                "rds:ListTagsForResource",
                "rds:ModifyDBInstance",
                "rds:ModifyDBParameterGroup",
                "rds:ModifyDBSubnetGroup",
                "rds:RemoveTagsFromResource",
                "rds:ResetDBParameterGroup",
            ],
            [scope.arn("rds", f"{kind}:{prefix}*") for kind in ("db", "pg", "snapshot", "subgrp")],
        ),
        Statement(
            "Parameters",
            [
                "ssm:AddTagsToResource",
                "ssm:DeleteParameter",
                "ssm:GetParameter",
                "ssm:GetParameters",
                "ssm:ListTagsForResource",
                "ssm:PutParameter",
                "ssm:RemoveTagsFromResource",
            ],
            [scope.arn("ssm", f"parameter{scope.names.parameter('*')}")],
        ),
    )


def network_policy(scope: Scope) -> Policy:
    """Security groups in the default VPC, and load balancers."""
    prefix = scope.names.prefix
    groups = [scope.arn("ec2", "security-group/*"), scope.arn("ec2", "security-group-rule/*")]
    balancing = [
        scope.arn("elasticloadbalancing", f"{kind}/{prefix}*")
        for kind in ("loadbalancer/app", "targetgroup", "listener/app", "listener-rule/app")
    ]
    return policy(
        # Reads that EC2 and Elastic Load Balancing offer for the whole account only.
        Statement(
            "WhatIamCannotRestrict",
            [
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAddresses",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroupRules",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcs",
                "elasticloadbalancing:Describe*",
            ],
            ["*"],
        ),
        # Creating a group needs both the group, tagged as ours, and the VPC it goes into.
        Statement(
            "CreateSecurityGroups",
            ["ec2:CreateSecurityGroup"],
            [scope.arn("ec2", "security-group/*")],
            {"StringEquals": scope.new_tags},
        ),
        Statement("CreateSecurityGroupsInVpc", ["ec2:CreateSecurityGroup"], [scope.arn("ec2", "vpc/*")]),
        Statement(
            "TagAtCreation",
            ["ec2:CreateTags"],
            groups,
            {
                "StringEquals": {
                    **scope.new_tags,
                    "ec2:CreateAction": [
                        "AuthorizeSecurityGroupEgress",
                        "AuthorizeSecurityGroupIngress",
                        "CreateSecurityGroup",
                    ],
                }
            },
        ),
        Statement(
            "CreateRules",
            ["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"],
            [scope.arn("ec2", "security-group-rule/*")],
            {"StringEquals": scope.new_tags},
        ),
        Statement(
            "OwnSecurityGroups",
            [
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:CreateTags",
                "ec2:DeleteSecurityGroup",
                "ec2:DeleteTags",
                "ec2:ModifySecurityGroupRules",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:RevokeSecurityGroupIngress",
            ],
            groups,
            {"StringEquals": scope.own_tags},
        ),
        Statement(
            "LoadBalancers",
            [
                "elasticloadbalancing:AddTags",
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:CreateLoadBalancer",
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:CreateTargetGroup",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:DeleteLoadBalancer",
                "elasticloadbalancing:DeleteRule",
                "elasticloadbalancing:DeleteTargetGroup",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyListenerAttributes",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:RemoveTags",
                "elasticloadbalancing:SetRulePriorities",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:SetSubnets",
            ],
            [*balancing, *(f"{arn}/*" for arn in balancing)],
        ),
    )


def roles_policy(scope: Scope) -> Policy:
    """The tasks' roles, created only under the boundary and passed only to ECS; and no way to widen any of this."""
    roles = [scope.iam(f"role/{scope.names.prefix}*")]
    boundary = {"StringEquals": {"iam:PermissionsBoundary": scope.boundary_arn}}
    return policy(
        Statement("WriteRolesUnderBoundary", ["iam:CreateRole", "iam:PutRolePolicy"], roles, boundary),
        # These know no boundary condition, and none of them widens what a role may do.
        Statement(
            "ReadAndTidyRoles",
            [
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListInstanceProfilesForRole",
                "iam:ListRolePolicies",
                "iam:ListRoleTags",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
                "iam:UpdateRoleDescription",
            ],
            roles,
        ),
        Statement(
            "PassRolesToTasks",
            ["iam:PassRole"],
            roles,
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        # A new account has none of these; the services make them on first use, on the caller's permission.
        Statement(
            "FirstUseOfAService",
            ["iam:CreateServiceLinkedRole"],
            [scope.iam("role/aws-service-role/*")],
            {
                "StringEquals": {
                    "iam:AWSServiceName": [
                        "ecs.amazonaws.com",
                        "elasticloadbalancing.amazonaws.com",
                        "rds.amazonaws.com",
                    ]
                }
            },
        ),
        Statement(
            "NoWayOut",
            [
                "iam:CreatePolicyVersion",
                "iam:DeletePolicy",
                "iam:DeletePolicyVersion",
                "iam:DeleteRolePermissionsBoundary",
                "iam:PutRolePermissionsBoundary",
                "iam:SetDefaultPolicyVersion",
                "iam:*AccessKey*",
                "iam:*LoginProfile*",
                "iam:*User*",
            ],
            ["*"],
            effect="Deny",
        ),
    )
