"""What the deployer may do with the database and the SSM parameters."""

from deployer_scope import Scope

from conducky.policy import Policy, Statement, policy


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
