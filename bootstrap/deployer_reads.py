"""What the deployer may read of the whole account, because IAM offers nothing smaller."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement


def reads_statements(scope: Scope) -> Sequence[Statement]:
    """Lists and descriptions without a resource to name; none of them holds a secret or changes anything."""
    return [
        Statement(
            "WhatIamCannotRestrict",
            [
                "application-autoscaling:DescribeScalableTargets",
                "application-autoscaling:DescribeScalingPolicies",
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAddresses",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstances",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeManagedPrefixLists",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRegions",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroupRules",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "ecr:GetAuthorizationToken",
                "ecs:DescribeTaskDefinition",
                "elasticloadbalancing:DescribeCapacityReservation",
                "elasticloadbalancing:DescribeListenerAttributes",
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTags",
                "elasticloadbalancing:DescribeTargetGroupAttributes",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
                "logs:DescribeLogGroups",
                "servicediscovery:ListTagsForResource",
                "ssm:DescribeParameters",
            ],
            ["*"],
            reason="Refreshing security groups, subnets, entrances, task definitions, logs and parameters, finding "
            "the default VPC, and Docker's sign-in to ECR: AWS offers these for the whole account only.",
        ),
        # A VPC by the Service Authorization Reference, everything in the policy that AWS itself publishes for load
        # balancers; both are right here, and it tells no more than ec2:DescribeSecurityGroups.
        Statement(
            "GroupsOfLoadBalancers",
            ["ec2:GetSecurityGroupsForVpc"],
            ["*"],
            reason="A load balancer takes security groups only if the caller may list those of the VPC.",
        ),
        Statement(
            "FindDatabases",
            ["rds:DescribeDBInstances"],
            [scope.arn("rds", "db:*")],
            reason="The database is looked up by its resource id, a filter over all databases of the region.",
        ),
    ]
