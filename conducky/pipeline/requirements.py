"""What a stack's jobs need: GitHub's secrets, variables and environment rules, and a bootstrap that is new enough."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conducky.contracts import BootstrapOutputs
from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import exported
from conducky.environment import APPLICATION_SECRETS, region, variable
from conducky.errors import UserError, quoted
from conducky.github.api import GitHub
from conducky.pipeline.stacks import names_of
from conducky.repository import ROOT, stack_file
from conducky.secret_values import fake_secret, problem_with, secrets_of
from conducky.settings import ORIGIN, ORIGINS, encrypted_keys

_PAGE = "docs/pipeline.md"
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
PREVIEW_ROLE: Final = "AWS_PREVIEW_ROLE_ARN"
_ADDRESSES: Final = {"FRONTEND_BASE_URL": ORIGIN, "CORS_ORIGIN": ORIGINS, "NEXT_PUBLIC_API_URL": ORIGIN}


@dataclass(frozen=True)
class Needed:
    """Something that GitHub has to hold: a `secret` or a `variable`."""

    name: str
    kind: str

    def command(self, environment: str | None) -> str:
        """The command that sets it: in the GitHub environment, or for the whole repository."""
        where = f" --env {environment}" if environment else ""
        return f"`gh {self.kind} set {self.name}{where}`"


def missing_for(stack: str, *, role: str = "AWS_DEPLOY_ROLE_ARN", root: Path = ROOT) -> list[Needed]:
    """What a stack's jobs need and this environment lacks. With a `role` that deploys, no AWS key is needed."""
    needed = [
        Needed("PULUMI_ACCESS_TOKEN", "secret"),
        Needed("PULUMI_ORG", "variable"),
        Needed("AWS_REGION", "variable"),
    ]
    if role == PREVIEW_ROLE:  # a preview never uses the deployer's key
        needed.append(Needed(role, "variable"))
    elif variable(role) is None:
        needed += [Needed(name, "secret") for name in _KEYS]
    stored = encrypted_keys(stack_file("services", stack, root))
    needed += [
        Needed(name, "secret") for name in secrets_of(stack, root) if APPLICATION_SECRETS.get(name) not in stored
    ]
    return [each for each in needed if variable(each.name) is None]


def require(stack: str, root: Path = ROOT) -> None:
    """Raise UserError when something is missing (all of it is named) or malformed, without showing values."""
    where = stack if has_environments() else None
    option = f" --env {where}" if where else ""
    missing = missing_for(stack, root=root)
    if missing:
        any_key = any(each.name in _KEYS for each in missing)
        keyless = " (or, instead of the keys, the variable AWS_DEPLOY_ROLE_ARN)" if any_key else ""
        raise UserError(
            f"GitHub has no {in_words(missing)} for stack {stack}{keyless}",
            f"run {_listed([each.command(where) for each in missing])}; see {_PAGE}",
        )
    region()
    Selection.of(stack, None)
    for name in secrets_of(stack, root):
        if problem := problem_with(name, variable(name) or fake_secret(name)):
            generated = "openssl rand -hex 32 | " if name in APPLICATION_SECRETS else ""
            raise UserError(problem, f"run `{generated}gh secret set {name}{option}`")
    for name, pattern in _ADDRESSES.items():
        value = variable(name)
        if value and not re.fullmatch(pattern, value):
            raise UserError(
                f"the variable {name} is {quoted(value)} and must look like `https://app.example.com`",
                f"run `gh variable set {name}{option} --body https://app.example.com`",
            )
    role = variable("AWS_DEPLOY_ROLE_ARN")
    if role and not _ROLE.fullmatch(role):
        raise UserError(
            f"AWS_DEPLOY_ROLE_ARN is {quoted(role)}, which is not the ARN of a role",
            f"run `gh variable set AWS_DEPLOY_ROLE_ARN{option}` with the ARN that bootstrap exports",
        )


def has_environments() -> bool:
    """Whether GitHub's plan has environments; the variable ENVIRONMENTS says where it does not."""
    return (variable("ENVIRONMENTS") or "").lower() != "none"


def in_words(missing: Sequence[Needed]) -> str:
    """`secrets A and B and variable C`."""
    parts: list[str] = []
    for kind in ("secret", "variable"):
        names = [each.name for each in missing if each.kind == kind]
        if names:
            parts.append(f"{kind}{'s' if len(names) > 1 else ''} {_listed(names)}")
    return " and no ".join(parts)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


BRANCH: Final = "main"  # the only branch that the workflows deploy
PREVIEW: Final = "preview"
_STEP: Final = "see docs/pipeline.md, step 3"
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
            f"create it with a rule for `{BRANCH}` ({_STEP}), or run `gh variable set ENVIRONMENTS --body none` if "
            "your GitHub plan has none",
        )
    problem = _admits_more(github, stack, found)
    if problem:
        raise UserError(
            f"the environment `{stack}` {problem}, so a branch that nobody has reviewed can deploy with its secrets",
            f"let only `{BRANCH}` use it ({_STEP})",
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


def require_bootstrap(pulumi: PulumiCli, root: Path = ROOT) -> None:
    """Raise UserError, with the admin's command, when bootstrap was never deployed, or by code that promised less."""
    stack = pulumi.selection.stack
    fix = f"run {pulumi.selection.make('deploy', 'bootstrap')} as an AWS admin; the pipeline never does"
    found = exported(pulumi, "bootstrap")
    if found is None:
        raise UserError(f"bootstrap/{stack} is not deployed", fix)
    problem = BootstrapOutputs.problem_in(found)
    if problem:
        raise UserError(f"bootstrap/{stack} is too old for this commit ({problem})", fix)
    prefix = names_of(stack, root).prefix
    if found["name_prefix"] != prefix:
        raise UserError(
            f"bootstrap/{stack} was deployed with the prefix `{found['name_prefix']}`, but services/{stack} uses "
            f"`{prefix}`",
            f"run `pulumi -C LAYER config set projectName NAME --stack {stack}` in all three layers with the same name",
        )
