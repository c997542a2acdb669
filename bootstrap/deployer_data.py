"""What the deployer may do with the database and the SSM parameters."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement

_NEW_DATABASE = ("rds:CreateDBInstance", "rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime")


def data_statements(scope: Scope) -> Sequence[Statement]:
    """The database and the SSM parameters."""
    prefix = scope.names.prefix
    # Automatic backups are named for their database, behind `rds:`.
    snapshots = [scope.arn("rds", f"snapshot:{kind}{prefix}*") for kind in ("", "rds:")]
    return [
        Statement(
            "Database",
            [
                "rds:AddTagsToResource",
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
            reason="The database, its parameter and subnet groups, and the snapshot that may outlive it.",
        ),
        # IAM judges the public address when a database is created. It offers no such key for a change.
        Statement(
            "CreateDatabase",
            _NEW_DATABASE,
            [*(scope.arn("rds", f"{kind}:{prefix}*") for kind in ("db", "pg", "subgrp")), *snapshots],
            {"Bool": {"rds:PubliclyAccessible": "false"}},
            reason="A database without a public address: empty, from a backup, or as another one was at a time.",
        ),
        Statement(
            "DefaultOptionGroup",
            [*_NEW_DATABASE, "rds:ModifyDBInstance"],
            # AWS's own, which nobody can change; a database that names no option group gets it, and it is judged too.
            # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/security_iam_id-based-policy-examples-create-and-modify-examples.html
            [scope.arn("rds", "og:default:postgres-*")],
            reason="The option group that RDS gives every Postgres.",
        ),
        # Encrypted with AWS's own key for SSM, whose key policy lets the whole account use it through SSM: no KMS here.
        Statement(
            "Parameters",
            [
                "ssm:AddTagsToResource",
                "ssm:DeleteParameter",
                "ssm:GetParameter",
                "ssm:ListTagsForResource",
                "ssm:PutParameter",
                "ssm:RemoveTagsFromResource",
            ],
            [scope.parameters],
            reason="DATABASE_URL, JWT_SECRET and SESSION_SECRET.",
        ),
    ]
