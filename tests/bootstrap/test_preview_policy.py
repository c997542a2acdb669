"""What a preview may do: look up, on everything because AWS offers nothing smaller, and see no secret."""

from deployer_scope import Scope
from preview_policy import preview_policy, preview_statements

from conducky.naming import Names, Place

SCOPE = Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))


def test_it_allows_look_ups_and_denies_secrets() -> None:
    *_, denied = preview_statements(SCOPE)
    assert denied.effect == "Deny"
    assert "ssm:GetParameter*" in denied.actions


def test_each_statement_says_why() -> None:
    assert all(statement.reason.endswith(".") for statement in preview_statements(SCOPE))
    assert len(str(preview_policy(SCOPE))) < 2048
