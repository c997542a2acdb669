"""What is known of RDS classes."""

import pytest
from pydantic_core import PydanticCustomError

from conducky.settings.values import database_class, max_connections


@pytest.mark.parametrize(
    ("instance_class", "connections"),
    [
        ("db.t4g.micro", 78),
        ("db.t3.micro", 78),
        ("db.t4g.small", 157),
        ("db.t4g.medium", 315),
        ("db.m7g.large", 630),
        ("db.r6g.large", 1261),
        ("db.m6g.xlarge", 1261),
        ("db.m6g.4xlarge", 5000),
        ("db.z1d.large", 0),
    ],
)
def test_a_class_takes_so_many_connections(instance_class: str, connections: int) -> None:
    assert max_connections(instance_class) == connections


@pytest.mark.parametrize(
    "instance_class",
    [
        *("db.t3.micro", "db.t4g.2xlarge", "db.m5d.large", "db.m6gd.16xlarge", "db.m8g.48xlarge", "db.r6idn.xlarge"),
        *("db.r10g.large", "db.c6gd.large", "db.x2iedn.32xlarge"),
    ],
)
def test_a_class_that_rds_has_or_may_have(instance_class: str) -> None:
    assert database_class(instance_class) == instance_class


@pytest.mark.parametrize(
    "instance_class",
    [
        # Slips of the finger
        *("db.t4q.micro", "db.t4.micro", "db.tg4.small", "t4g.micro", "db.m6g.1xlarge", "db.m6g.0xlarge", ""),
        # Sizes that their families do not have
        *("db.m6g.micro", "db.r6g.medium", "db.t4g.4xlarge", "db.m6g.largest", "db.m6g.large\n"),
        # For EC2 only, too old for Postgres 15, of Aurora
        *("db.c5.large", "db.t2.micro", "db.m4.large", "db.serverless"),
    ],
)
def test_a_class_that_rds_does_not_have(instance_class: str) -> None:
    with pytest.raises(PydanticCustomError, match=r"must be a class that RDS has .* such as `db\.t4g\.micro`"):
        database_class(instance_class)
