"""docs/deployer-permissions.md: every statement that the deployer has; docs/deployer.md: how to set it up."""

import pytest
from deployer_policy import deployer_statements
from deployer_scope import Scope

from conducky.naming import Names, Place
from conducky.repository import ROOT
from tools.docs.deployer import deployer_parts

PAGES = {file.name: file.read_text("utf-8") for file in sorted((ROOT / "docs").glob("deployer*.md"))}


@pytest.fixture(scope="module")
def parts() -> dict[str, str]:
    return deployer_parts()


def test_every_statement_is_listed_with_actions_and_reason(parts: dict[str, str]) -> None:
    scope = Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))
    for area, statements in deployer_statements(scope).items():
        for statement in statements:
            rows = [line for line in parts[f"policy-{area}"].splitlines() if f"`{statement.sid}` |" in line]
            matching = [row for row in rows if statement.reason in row]
            assert len(matching) == 1, f"{statement.sid} is not on the page once"
            missing = [action for action in statement.actions if f"`{action.split(':')[1]}`" not in matching[0]]
            assert missing == []


def test_every_table_is_whole(parts: dict[str, str]) -> None:
    for name, part in parts.items():
        assert {row.count("|") for row in part.splitlines()} == {5}, name


@pytest.mark.parametrize(
    "words",
    [
        "make deploy LAYER=bootstrap STACK=dev",
        'make credentials ARGS="rotate --github"',
        "aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com",
        "stack output deploy_role_arn",
        "PULUMI_ACCESS_TOKEN still can",
        'make unit ARGS="tests/iam"',
        "`repo:acme@1234/conducky@5678:ref:refs/heads/main`",
        "policy/conducky-dev-exec",
    ],
)
def test_it_says_how_and_what_is_left(words: str) -> None:
    assert words in "\n".join(PAGES.values())


def test_settings_that_create_roles_are_committed() -> None:
    """From a clone without them, the next `up` of bootstrap would delete the roles."""
    blocks = [block for block in PAGES["deployer.md"].split("```")[1::2] if "set githubRepository" in block]
    assert blocks
    for block in blocks:
        assert "git commit" in block.split("make deploy")[1], block
