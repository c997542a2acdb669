"""What the deployer may do with security groups and load balancers."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement


def network_statements(scope: Scope) -> Sequence[Statement]:
    """Security groups in the default VPC, and load balancers."""
    return [*_security_groups(scope), _load_balancers(scope)]


def _security_groups(scope: Scope) -> Sequence[Statement]:
    """AWS names groups and rules itself, so statements name the stack's tags instead of names."""
    group, rule = scope.arn("ec2", "security-group/*"), scope.arn("ec2", "security-group-rule/*")
    subnets = [scope.arn("ec2", f"{kind}/*") for kind in ("route-table", "subnet")]
    return [
        # AWS judges a new group twice: the group, which must carry our tags, and the VPC it goes into.
        Statement(
            "CreateSecurityGroups",
            ["ec2:CreateSecurityGroup"],
            [group],
            {"StringEquals": scope.new_tags},
            reason="New security groups, with this stack's tags only.",
        ),
        Statement(
            "CreateSecurityGroupsInVpc",
            ["ec2:CreateSecurityGroup"],
            [scope.arn("ec2", "vpc/*")],
            reason="The VPC they go into; its id is AWS's.",
        ),
        Statement(
            "CreateRules",
            ["ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress"],
            [rule],
            {"StringEquals": scope.new_tags},
            reason="New rules, with this stack's tags only.",
        ),
        Statement(
            "TagAtCreation",
            ["ec2:CreateTags"],
            [group, rule, *subnets],
            {
                "StringEquals": {
                    **scope.new_tags,
                    "ec2:CreateAction": [
                        "AuthorizeSecurityGroupEgress",
                        "AuthorizeSecurityGroupIngress",
                        "CreateRouteTable",
                        "CreateSecurityGroup",
                        "CreateSubnet",
                    ],
                }
            },
            reason="The tags that those carry from the start.",
        ),
        Statement(
            "OwnSecurityGroups",
            [
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:DeleteSecurityGroup",
                "ec2:ModifySecurityGroupRules",
                "ec2:RevokeSecurityGroupEgress",
                "ec2:RevokeSecurityGroupIngress",
            ],
            [group, rule],
            {"StringEquals": scope.own_tags},
            reason="Changing and deleting this stack's groups and rules.",
        ),
        Statement(
            "RetagOwnSecurityGroups",
            ["ec2:CreateTags"],
            [group, rule, *subnets],
            # A change of another tag does not mention these two; one that does may not hand the group to another stack.
            {"StringEquals": scope.own_tags, "StringEqualsIfExists": scope.new_tags},
            reason="Changing tags of this stack's groups, rules, subnets and route table, but not whose they are.",
        ),
        Statement(
            "UntagOwnSecurityGroups",
            ["ec2:DeleteTags"],
            [group, rule, *subnets],
            {"StringEquals": scope.own_tags},
            reason="Removing other tags of those.",
        ),
        # Denied, for the boundary has no room for it: so it holds whatever else is attached.
        Statement(
            "KeepsItsTags",
            ["ec2:DeleteTags"],
            ["*"],
            {"ForAnyValue:StringEquals": {"aws:TagKeys": ["Project", "Stack"]}},
            effect="Deny",
            reason="Any tag may go but these two.",
        ),
        Statement(
            "KeepsSomeTags",
            ["ec2:DeleteTags"],
            ["*"],
            {"Null": {"aws:TagKeys": "true"}},
            effect="Deny",
            reason="A call that names no tag removes all of them.",
        ),
    ]


def _load_balancers(scope: Scope) -> Statement:
    """Everything of a load balancer carries its name, and a target group its own."""
    kinds = ("loadbalancer/app", "targetgroup", "listener/app", "listener-rule/app")
    return Statement(
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
        [scope.arn("elasticloadbalancing", f"{kind}/{scope.names.prefix}*") for kind in kinds],
        reason="The load balancer, its listener and rules, and the target groups.",
    )
