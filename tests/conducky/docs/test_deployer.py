"""docs/deployer.md: current, and with every statement that the deployer has."""

from pathlib import Path

import pytest
from deployer_policy import deployer_statements
from deployer_scope import Scope

from conducky.docs.deployer import PAGE, deployer_page, write_deployer_page
from conducky.naming import Names, Place
from conducky.repository import ROOT


@pytest.fixture(scope="module")
def page() -> str:
    return deployer_page()


def test_the_page_in_the_repository_is_current(page: str) -> None:
    file = ROOT / PAGE
    assert file.is_file(), f"{PAGE} is missing: run `make docs`"
    assert file.read_text(encoding="utf-8") == page, f"{PAGE} is behind the code: run `make docs`"


def test_it_is_written_where_it_belongs(page: str, tmp_path: Path) -> None:
    file = write_deployer_page(tmp_path)
    assert file == tmp_path / "docs" / "deployer.md"
    assert file.read_text(encoding="utf-8") == page


def test_every_statement_is_listed_with_actions_and_reason(page: str) -> None:
    for statements in deployer_statements(Scope(Names("conducky", "dev"), Place("us-east-1", "123456789012"))).values():
        for statement in statements:
            rows = [line for line in page.splitlines() if f"`{statement.sid}` |" in line]
            matching = [row for row in rows if statement.reason in row]
            assert len(matching) == 1, f"{statement.sid} is not on the page once"
            missing = [action for action in statement.actions if f"`{action.split(':')[1]}`" not in matching[0]]
            assert missing == []


def test_every_table_is_whole(page: str) -> None:
    statements, trust = page.split("## Whom GitHub's roles trust")
    for part, columns in ((statements, 4), (trust, 3)):
        rows = [line for line in part.splitlines() if line.startswith("|")]
        assert {row.count("|") for row in rows} == {columns + 1}


@pytest.mark.parametrize(
    "words",
    [
        "make deploy LAYER=bootstrap STACK=dev",
        'make credentials ARGS="rotate --github"',
        "aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com",
        "stack output deploy_role_arn",
        "PULUMI_ACCESS_TOKEN still does",
        'make unit ARGS="tests/iam"',
        "`repo:acme@1234/conducky@5678:ref:refs/heads/main`",
        "policy/conducky-dev-exec",
    ],
)
def test_it_says_how_and_what_is_left(page: str, words: str) -> None:
    assert words in page
