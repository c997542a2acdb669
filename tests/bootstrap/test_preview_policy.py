"""What a preview may do: look up, on everything because AWS offers nothing smaller, and see no secret."""

from preview_policy import preview_policy, preview_statements


def test_it_allows_three_look_ups_and_denies_secrets() -> None:
    allowed, denied = preview_statements()
    assert list(allowed.actions) == ["ec2:DescribeSubnets", "ec2:DescribeVpcs", "ecr:GetAuthorizationToken"]
    assert denied.effect == "Deny"
    assert "ssm:GetParameter*" in denied.actions


def test_each_statement_says_why() -> None:
    assert all(statement.reason.endswith(".") for statement in preview_statements())
    assert len(str(preview_policy())) < 2048
