"""What is known of RDS classes."""

import pytest

from conducky.settings.values import max_connections


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
