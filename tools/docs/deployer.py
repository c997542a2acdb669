"""The tables of docs/deployer-permissions.md: who deploys and what they may do, from the policies themselves."""

import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from conducky.naming import Names, Place
from conducky.policy import Statement
from conducky.repository import ROOT
from tools.docs.markdown import table
from tools.docs.pages import write_generated_parts

if TYPE_CHECKING:
    from role_policies import WorkloadRole

PAGE = Path("docs") / "deployer-permissions.md"
# Of the page's example.
_REGION, _ACCOUNT = "us-east-1", "123456789012"


def deployer_parts() -> dict[str, str]:
    """The generated parts of the page, by name."""
    with _bootstrap_modules():
        from boundary_policy import boundary_statements  # noqa: PLC0415  # a layer's modules, found only in here
        from deployer_exec import exec_statements  # noqa: PLC0415
        from deployer_policy import deployer_statements  # noqa: PLC0415
        from deployer_scope import Scope  # noqa: PLC0415
        from github_trust import AUDIENCE, DESTROYING_WORKFLOWS, GithubRepository  # noqa: PLC0415
        from identity_boundaries import identity_boundaries  # noqa: PLC0415
        from people_policies import people_statements  # noqa: PLC0415
        from preview_policy import preview_statements  # noqa: PLC0415
        from role_policies import workload_roles  # noqa: PLC0415

        names = Names("conducky", "dev")
        scope = Scope(names, Place(_REGION, _ACCOUNT), is_protected=True)
        boundaries = identity_boundaries(scope)
        repository = GithubRepository("acme/conducky", "1234/5678")
        workflows = repository.workflows("main")
        trusted = {
            "`github-deploy`, with the branch `main`": (repository.deploying("main", None), workflows),
            "`github-deploy`, with the environment `prod`": (repository.deploying("main", "prod"), workflows),
            "`destroy`, with the environment `prod`; and AWS admins": (
                repository.deploying("main", "prod"),
                repository.workflows("main", DESTROYING_WORKFLOWS),
            ),
            "`github-preview`": (repository.previewing(), ()),
        }
        return {
            **{f"policy-{area}": _statements(statements) for area, statements in deployer_statements(scope).items()},
            "deployer-boundary": _statements(boundaries["deployer"]),
            "roles": _roles(workload_roles(scope)),
            "boundary": _statements(boundary_statements(scope)),
            "policy-exec": _statements(exec_statements(scope)),
            **{f"policy-{part}": _statements(statements) for part, statements in people_statements(scope).items()},
            "policy-github-preview": _statements(preview_statements(scope)),
            "trust": _trust(trusted, AUDIENCE),
        }


def write_deployer_page(root: Path = ROOT) -> Path:
    """Replace the generated parts of the page in a repository, and return the file.

    Raises:
        UserError: when the page or one of its markers is missing.
    """
    return write_generated_parts(root, PAGE, deployer_parts())


@contextmanager
def _bootstrap_modules() -> Generator[None]:
    """Make the modules of `bootstrap/` importable; they are in no package."""
    folder = str(ROOT / "bootstrap")
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _statements(statements: Iterable[Statement]) -> str:
    rows = [
        (
            f"**denies** `{statement.sid}`" if statement.effect == "Deny" else f"`{statement.sid}`",
            _actions(statement.actions),
            "<br>".join([*map(_short, sorted(statement.resources)), *_conditions(statement.conditions)]),
            statement.reason,
        )
        for statement in statements
    ]
    return table(("Statement", "Actions", "On", "Why"), rows)


def _roles(roles: Iterable["WorkloadRole"]) -> str:
    rows: list[tuple[str, ...]] = []
    for role in roles:
        statements = cast("list[Mapping[str, Any]]", role.document["Statement"])
        resources = dict.fromkeys(resource for each in statements for resource in each["Resource"])
        actions = sorted({action for each in statements for action in each["Action"]})
        shown = "<br>".join(_short(resource) for resource in resources)
        rows.append((f"`{role.part}`", f"`{role.service}`", _actions(actions), shown))
    return table(("Role", "Assumed by", "May", "On"), rows)


def _trust(trusted: Mapping[str, tuple[Sequence[str], Sequence[str]]], audience: str) -> str:
    rows = [
        (role, _lines(subjects), _lines(workflows) or "any", f"`{audience}`")
        for role, (subjects, workflows) in trusted.items()
    ]
    return table(("Role", "Subject (`sub`)", "Workflow (`job_workflow_ref`)", "Audience (`aud`)"), rows)


def _lines(values: Sequence[str]) -> str:
    return "<br>".join(f"`{value}`" for value in values)


def _actions(actions: Sequence[str]) -> str:
    """Grouped by service."""
    services: dict[str, list[str]] = {}
    if actions == ["*"]:
        return "everything"
    for action in sorted(actions):
        service, name = action.split(":")
        services.setdefault(service, []).append(f"`{name}`")
    return "<br>".join(f"{service}: {', '.join(names)}" for service, names in services.items())


def _short(resource: str) -> str:
    """An ARN reduced to the service and the resource."""
    parts = resource.split(":", 5)
    return "everything" if resource == "*" else f"`{parts[2]}` `{parts[5]}`"


def _conditions(conditions: Mapping[str, Mapping[str, str | Sequence[str]]]) -> list[str]:
    lines: list[str] = []
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            values = [wanted] if isinstance(wanted, str) else wanted
            lines.append(f"if `{key}` {operator} {', '.join(f'`{value}`' for value in values)}")
    return lines
