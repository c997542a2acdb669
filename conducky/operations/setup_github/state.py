"""What a GitHub repository has for a stack: its environment, secrets (by name), variables and branch rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from conducky.access import in_parallel
from conducky.github.gh import NotThereError, gh_json, require_gh


@dataclass(frozen=True)
class Repository:
    """A repository as GitHub shows it. `ids` are those of owner and repository, as OIDC tokens name them."""

    name: str
    private: bool
    plan: str
    branch: str
    ids: str


@dataclass(frozen=True)
class GithubState:
    """Everything that a stack's jobs use. `environment` is None where there is none (or the plan has none)."""

    repository: Repository
    environment: Mapping[str, Any] | None
    branches: frozenset[str]
    secrets: frozenset[str]
    shared_secrets: frozenset[str]
    variables: Mapping[str, str]
    shared_variables: Mapping[str, str]
    subject_is_default: bool

    def variable(self, name: str) -> str:
        """A variable as the stack's jobs see it: its own, else the repository's; empty where there is none."""
        return self.variables.get(name) or self.shared_variables.get(name, "")

    @property
    def is_guarded(self) -> bool:
        """Whether only chosen branches may use the environment."""
        policy = (self.environment or {}).get("deployment_branch_policy")
        return bool(policy) and (bool(policy.get("protected_branches")) or bool(self.branches))


def read_state(stack: str, name: str | None = None) -> GithubState:
    """Ask GitHub about this folder's or the named repository, and the stack's environment. Raises what `gh` does."""
    require_gh()
    found = gh_json("repo", "view", *([name] if name else []), "--json", "nameWithOwner,isPrivate,defaultBranchRef")
    full = str(found["nameWithOwner"])
    path = f"repos/{full}"
    own, everyone = ("--env", stack, "--repo", full), ("--repo", full)
    details, environment, branches, secrets, all_secrets, variables, all_variables, subject = in_parallel(
        [
            partial(gh_json, "api", path),
            partial(_or_none, "api", f"{path}/environments/{stack}"),
            partial(_or_none, "api", f"{path}/environments/{stack}/deployment-branch-policies"),
            partial(_or_none, "secret", "list", *own, "--json", "name"),
            partial(_or_none, "secret", "list", *everyone, "--json", "name"),
            partial(_or_none, "variable", "list", *own, "--json", "name,value"),
            partial(_or_none, "variable", "list", *everyone, "--json", "name,value"),
            partial(_or_none, "api", f"{path}/actions/oidc/customization/sub"),
        ]
    )
    policies = branches["branch_policies"] if branches else None
    return GithubState(
        repository=Repository(
            name=full,
            private=bool(found["isPrivate"]),
            plan=str(details["owner"].get("plan", {}).get("name", "")),
            branch=str((found["defaultBranchRef"] or {"name": "main"})["name"]),
            ids=f"{details['owner']['id']}/{details['id']}",
        ),
        environment=environment,
        branches=frozenset(_named(policies, "name")),
        secrets=frozenset(_named(secrets, "name")),
        shared_secrets=frozenset(_named(all_secrets, "name")),
        variables=_named(variables, "value"),
        shared_variables=_named(all_variables, "value"),
        subject_is_default=subject is None or subject.get("use_default") is not False,
    )


def _named(found: list[dict[str, Any]] | None, value: str) -> dict[str, str]:
    """A list of GitHub's by name."""
    return {str(each["name"]): str(each[value]) for each in found or []}


def _or_none(*words: str) -> Any:  # noqa: ANN401  # whatever GitHub answers
    try:
        return gh_json(*words)
    except NotThereError:
        return None
