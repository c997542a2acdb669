"""Whether GitHub's environments keep a stack's secrets from code that nobody has reviewed."""

import re
from typing import Any, Final

from conducky.errors import UserError, quoted
from conducky.github.api import GitHub
from conducky.pipeline.requirements import has_environments

BRANCH: Final = "main"  # the only branch that the workflows deploy
PREVIEW: Final = "preview"
_PAGE: Final = "see docs/pipeline.md, step 3"
_PATTERN = re.compile(r"[*?\[\]{}!\\]")


def require_environments(stack: str) -> None:
    """Check that only `main` reaches the stack's environment, and that a real preview waits for a reviewer.

    GitHub creates an environment that a workflow names, without any rule. Raises UserError when a rule is missing or
    admits more; not where the variable ENVIRONMENTS is `none`.
    """
    if not has_environments():
        return
    github = GitHub()
    found = github.environment(stack)
    if found is None:
        raise UserError(
            f"GitHub has no environment `{stack}`, so the secrets of this stack are not kept from other branches",
            f"create it with a rule for `{BRANCH}` ({_PAGE}), or run `gh variable set ENVIRONMENTS --body none` if "
            "your GitHub plan has none",
        )
    problem = _admits_more(github, stack, found)
    if problem:
        raise UserError(
            f"the environment `{stack}` {problem}, so a branch that nobody has reviewed can deploy with its secrets",
            f"let only `{BRANCH}` use it ({_PAGE})",
        )
    preview = github.environment(PREVIEW)
    rules: list[dict[str, Any]] = (preview or {}).get("protection_rules") or []
    if preview is not None and "required_reviewers" not in {each.get("type") for each in rules}:
        raise UserError(
            f"the environment `{PREVIEW}` has no reviewers, so pull requests that nobody has reviewed get its secrets",
            "add reviewers to it; see docs/pipeline.md, step 7",
        )


def _admits_more(github: GitHub, name: str, environment: dict[str, Any]) -> str | None:
    """What is wrong with an environment's rule for branches; None if it admits `main` only."""
    policy = environment.get("deployment_branch_policy")
    if not policy:
        return "has no rule for branches"
    if policy.get("protected_branches"):
        # Without any protected branch, GitHub lets all of them deploy.
        # https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
        return None if github.is_protected(BRANCH) else f"is for protected branches, and `{BRANCH}` is not protected"
    for each in github.deployment_branches(name):
        allowed = str(each.get("name"))
        if each.get("type", "branch") != "branch":
            return f"admits the tag {quoted(allowed)}, which anyone who can push can create"
        if _PATTERN.search(allowed):
            return f"admits every branch like {quoted(allowed)}"
        if allowed != BRANCH:
            return f"admits the branch {quoted(allowed)}"
    return None
