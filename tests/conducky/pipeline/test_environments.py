"""The rules of GitHub's environments: only what was merged holds a stack's secrets."""

import pytest

from conducky.errors import UserError
from conducky.pipeline.requirements import require_environments
from tests.fakes.github import FakeGitHub

PROTECTED = {"protected_branches": True, "custom_branch_policies": False}


def refusal() -> UserError:
    with pytest.raises(UserError) as caught:
        require_environments("dev")
    return caught.value


def test_one_for_main_only_is_right(github: FakeGitHub) -> None:
    github.environment("dev", "main")
    require_environments("dev")


def test_one_that_github_made_by_itself_is_refused(github: FakeGitHub) -> None:
    """It has no rules, so every branch whose workflow names it gets the deploy role."""
    github.environment("dev")
    assert "`dev` has no rule for branches" in refusal().problem
    assert "docs/pipeline.md, step 3" in refusal().fix


def test_a_missing_one_is_refused(github: FakeGitHub) -> None:
    del github.environments["dev"]
    assert "no environment `dev`" in refusal().problem
    assert "`gh variable set ENVIRONMENTS --body none`" in refusal().fix


@pytest.mark.parametrize("branch", ["*", "**", "*/*", "ma?n", "main*", "[a-z]*", "release/1", "tag:main", "tag:v*"])
def test_one_that_admits_another_branch_or_a_tag_is_refused(github: FakeGitHub, branch: str) -> None:
    github.environment("dev", "main", branch)
    assert branch.removeprefix("tag:") in refusal().problem


def test_protected_branches_are_a_rule_only_where_main_is_protected(github: FakeGitHub) -> None:
    """Without any protected branch, GitHub lets every branch deploy."""
    github.environment("dev", deployment_branch_policy=PROTECTED)
    assert "`main` is not protected" in refusal().problem
    github.protected.add("main")
    require_environments("dev")


def test_a_real_preview_waits_for_a_reviewer(github: FakeGitHub) -> None:
    github.environment("preview")
    assert "`preview` has no reviewers" in refusal().problem
    github.environment("preview", reviewers=True)
    require_environments("dev")


def test_a_plan_without_environments_says_so(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    github.environments.clear()
    monkeypatch.setenv("ENVIRONMENTS", "none")
    require_environments("dev")


def test_a_job_that_may_not_read_them_is_refused(github: FakeGitHub) -> None:
    github.refuses = True
    assert "GitHub answered 403 to GET environments/dev" in refusal().problem
    assert "`permissions`" in refusal().fix
