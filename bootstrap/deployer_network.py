"""What the deployer may do with security groups and load balancers."""

from deployer_scope import Scope

from conducky.policy import Policy, Statement, policy


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
