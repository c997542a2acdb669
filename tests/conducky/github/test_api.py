"""GitHub's REST API: pages, refusals, and bodies that are too long."""

import pytest

from conducky.errors import UserError
from conducky.github.api import LONGEST_BODY, GitHub, pull_request_number, truncate_body
from tests.fakes.github import FakeGitHub


def test_every_page_is_read(github: FakeGitHub) -> None:
    for number in range(1, 6):
        github.comment(7, f"comment {number}")
    assert [each["body"] for each in GitHub().comments(7)] == [f"comment {number}" for number in range(1, 6)]


def test_open_issues_without_pull_requests(github: FakeGitHub) -> None:
    github.issue(1, "closed", state="closed")
    github.issue(2, "a pull request", pull_request={})
    github.issue(3, "an issue")
    assert [each["number"] for each in GitHub().issues()] == [3]


def test_a_refusal_names_what_to_check(github: FakeGitHub) -> None:
    github.refuses = True
    with pytest.raises(UserError) as caught:
        GitHub().comment(7, "x")
    assert caught.value.problem.startswith("GitHub answered 403 to POST issues/7/comments (")
    assert "Resource not accessible by integration" in caught.value.problem
    assert "`permissions`" in caught.value.fix
    assert "fake-token" not in str(caught.value)


def test_no_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("time.sleep", id)  # between the attempts
    with pytest.raises(UserError, match=r"GitHub does not answer \(.*\): run this again"):
        GitHub().comment(7, "x")


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GITHUB_REPOSITORY"])
def test_outside_github_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(UserError, match="GITHUB_TOKEN and GITHUB_REPOSITORY") as caught:
        GitHub()
    assert "`export GITHUB_TOKEN=" in caught.value.fix


def test_a_body_that_fits_is_left_alone() -> None:
    assert truncate_body("x" * LONGEST_BODY) == "x" * LONGEST_BODY


def test_a_body_that_is_too_long_ends_with_a_whole_block_of_code() -> None:
    cut = truncate_body("````diff\n" + "line\n" * 20_000 + "````\n")
    assert len(cut) <= LONGEST_BODY
    assert cut.endswith("line\n````\n\n… the rest is in the log of the run.")


def test_the_number_is_the_events(pull_request: int) -> None:
    assert pull_request_number() == pull_request


def test_without_a_pull_request_it_says_so() -> None:
    with pytest.raises(UserError, match="no pull request started this run"):
        pull_request_number()
