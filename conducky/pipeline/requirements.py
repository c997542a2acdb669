"""Whether GitHub gives a stack's jobs all that they need, checked before anything is changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conducky.deployment.selection import Selection
from conducky.environment import APPLICATION_SECRETS, region, variable
from conducky.errors import UserError, quoted
from conducky.repository import ROOT, stack_file
from conducky.secret_values import fake_secret, how_to_store, problem_with, secrets_of
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
    missing = missing_for(stack, root=root)
    if missing:
        keyless = " (or, instead of the keys, the variable AWS_DEPLOY_ROLE_ARN)" if any_key(missing) else ""
        raise UserError(
            f"GitHub has no {in_words(missing)} for stack {stack}{keyless}",
            f"run {_listed([each.command(where) for each in missing])}; see {_PAGE}",
        )
    region()
    Selection.of(stack, None)
    for name in secrets_of(stack, root):
        if problem := problem_with(name, variable(name) or fake_secret(name)):
            raise UserError(problem, f"run {how_to_store(name, stack, stack)}")
    for name, pattern in _ADDRESSES.items():
        value = variable(name)
        if value and not re.fullmatch(pattern, value):
            raise UserError(
                f"the variable {name} is {quoted(value)} and must look like `https://app.example.com`",
                f"run `gh variable set {name} --env {stack} --body https://app.example.com`",
            )
    role = variable("AWS_DEPLOY_ROLE_ARN")
    if role and not _ROLE.fullmatch(role):
        raise UserError(
            f"AWS_DEPLOY_ROLE_ARN is {quoted(role)}, which is not the ARN of a role",
            f"run `gh variable set AWS_DEPLOY_ROLE_ARN --env {stack}` with the ARN that bootstrap exports",
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


def any_key(missing: Sequence[Needed]) -> bool:
    """Whether an AWS key is among them, which a role can replace."""
    return any(each.name in _KEYS for each in missing)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
