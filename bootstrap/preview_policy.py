"""What a pull request's preview may do: ask what the programs ask before they plan; pure data.

`pulumi preview` compares the program with the state and calls AWS for the programs' look-ups only. With `--refresh` it
would read every resource again, the values of the secret parameters among them, on behalf of code that nobody has
reviewed: that is left to the deployer.
"""

from collections.abc import Sequence

from deployer_https import records_statements
from deployer_scope import Scope

from conducky.policy import Policy, Statement, policy


def preview_statements(scope: Scope) -> Sequence[Statement]:
    """The look-ups, and no secrets."""
    return [
        Statement(
            "PushedImages",
            ["ecr:ListImages"],
            [scope.arn("ecr", f"repository/{scope.names.prefix}*")],
            reason="Which images need not be built.",
        ),
        Statement(
            "LookUps",
            [
                "ec2:DescribeInternetGateways",
                "ec2:DescribeManagedPrefixLists",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "ecr:GetAuthorizationToken",
            ],
            ["*"],
            reason="The programs look up the default VPC, its gateway and subnets and a sign-in to ECR, which opens no "
            "repository by itself; AWS offers these for the whole account only.",
        ),
        *(each for each in records_statements(scope) if each.sid in ("FindZones", "ReadZones")),
        Statement(
            "NoSecrets",
            ["kms:Decrypt", "secretsmanager:GetSecretValue", "ssm:GetParameter*"],
            ["*"],
            effect="Deny",
            reason="No secret, even if somebody attaches ReadOnlyAccess, which reads every parameter's value.",
        ),
    ]


def preview_policy(scope: Scope) -> Policy:
    """The policy of the role for previews."""
    return policy(*preview_statements(scope))
