"""docs/deployer.md: who deploys and what they may do, its tables written from the policies themselves."""

import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from conducky.layers import ROOT
from conducky.naming import Names
from conducky.policy import Statement

PAGE = Path("docs") / "deployer.md"
_REGION, _ACCOUNT = "us-east-1", "123456789012"

_INTRODUCTION = """# The deployer

Who deploys `platform` and `services`, and what they may do. The tables are written from the code of
[`bootstrap/`](../bootstrap/deployer_policy.py): change the code, then run `make docs`; a test fails while the page is
behind.

One deployer belongs to one stack: the deployer of `dev` cannot touch `prod`, nor another project of the account.

## Setting it up

An administrator of the account runs `bootstrap` once for each stack, and again whenever this page changes:

```sh
export AWS_REGION=us-east-1 AWS_PROFILE=admin
make deploy LAYER=bootstrap STACK=dev
```

It makes the user `conducky-dev-deployer`, its policies, the permissions boundary of the roles it may create, and the
image repositories. It makes no access key: Pulumi would keep it, readable, in its state.

## Keys, and changing them

An administrator makes keys outside Pulumi. A user holds two at most, so there is room to change one for another:

```sh
aws iam create-access-key --user-name conducky-dev-deployer     # shown once
aws iam list-access-keys --user-name conducky-dev-deployer
aws iam delete-access-key --user-name conducky-dev-deployer --access-key-id OLD    # once the new one has deployed
```

The deployer itself can make, change and delete no key, not even its own: a stolen key cannot be turned into another.

## What it cannot do

- **Get more rights**: no users, groups, logins, keys or sign-in providers; no attached policy; no new version of any
  policy. Roles exist only under the boundary, which it can neither change nor take off, and only ECS tasks get them.
  These denials are explicit: they hold even if somebody attaches AdministratorAccess to the deployer by mistake.
- **Touch another stack or project**: not its database, secrets, images, logs, cluster, load balancers, security groups
  or roles.
- **Delete what a rollback runs**: no image, no repository, no task definition.
- **Open a shell in a container**: that is a policy of its own, for people (below).

What remains, because IAM offers nothing smaller:

- It sees names and settings of the account's networks, security groups, load balancers, task definitions, log groups,
  parameters and databases (`reads` below): never a parameter's value or an image. A secret written as plain text into
  some other task definition would be seen, too.
- IAM does not judge which security group, subnet or target group a service of its own names. A deployer of `dev` that
  turned hostile could start a task in `prod`'s security group and so reach the port of its database, but not the
  password. Where that matters, give `prod` an account of its own (and set `accountId`).
- It may write the trust and the inline policies of this stack's roles: whoever takes one on is still held by the
  boundary, so can read at most this stack's secrets, which the deployer reads anyway.

## How this is checked

```sh
make unit ARGS="tests/iam"
```

derives every call from what the programs register (each stack, and every option switched on) and has an evaluator of
IAM policies judge it: all are allowed, and without any single action, resource or condition something fails. It tries
over a hundred escalations and trespasses, and every call of the other stacks' deployers: all are denied, and allowed to
an administrator, so that the denials say something. The run prints the numbers. What the provider calls was measured
against an emulator; what was derived from AWS's documentation instead stands in `tests/iam/calls.py` as `DERIVED`. AWS
itself was not asked.
"""

_POLICIES = f"""## What it may do

For project `conducky`, stack `dev`, account {_ACCOUNT} and region {_REGION}; `*` in a name stands for anything after
the prefix. Each of the {{count}} policies is a document of less than IAM's 6,144 characters.
"""
_BOUNDARY = """### The boundary

The most that a role of this stack can ever do, whatever its own policies say.
"""
_EXEC = """### For people: a shell in a container

Not the pipeline's. `bootstrap/deployer_exec.py` holds it, for whoever may open one.
"""


def deployer_page() -> str:
    """The page as Markdown."""
    with _bootstrap_modules():
        from boundary_policy import boundary_statements  # noqa: PLC0415  # a layer's modules, found only in here
        from deployer_exec import exec_statements  # noqa: PLC0415
        from deployer_policy import deployer_statements  # noqa: PLC0415
        from deployer_scope import Scope  # noqa: PLC0415

        names = Names("conducky", "dev")
        scope = Scope(names, _REGION, _ACCOUNT)
        areas = deployer_statements(scope)
        parts = [_INTRODUCTION, _POLICIES.format(count=len(areas))]
        parts += [f"### Policy `{area}`\n\n{_table(statements)}" for area, statements in areas.items()]
        parts += [_BOUNDARY, _table(boundary_statements(names, _REGION, _ACCOUNT)), _EXEC]
        parts.append(_table(exec_statements(scope)))
    return "\n".join(part.rstrip() + "\n" for part in parts)


def write_deployer_page(root: Path = ROOT) -> Path:
    """Write the page into a repository, and return the file."""
    file = root / PAGE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(deployer_page(), encoding="utf-8")
    return file


@contextmanager
def _bootstrap_modules() -> Generator[None]:
    """Let the modules of `bootstrap/` be imported, which no package holds."""
    folder = str(ROOT / "bootstrap")
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _table(statements: Iterable[Statement]) -> str:
    lines = ["| Statement | Actions | On | Why |", "| --- | --- | --- | --- |"]
    for statement in statements:
        name = f"**denies** `{statement.sid}`" if statement.effect == "Deny" else f"`{statement.sid}`"
        where = "<br>".join([*map(_short, sorted(statement.resources)), *_conditions(statement.conditions)])
        lines.append(f"| {name} | {_actions(statement.actions)} | {where} | {statement.reason} |")
    return "\n".join(lines) + "\n"


def _actions(actions: Sequence[str]) -> str:
    """By service, which every action of it shares."""
    services: dict[str, list[str]] = {}
    for action in sorted(actions):
        service, name = action.split(":")
        services.setdefault(service, []).append(f"`{name}`")
    return "<br>".join(f"{service}: {', '.join(names)}" for service, names in services.items())


def _short(resource: str) -> str:
    """An ARN without what all of them share; in full where it is an AWS service's own."""
    parts = resource.split(":", 5)
    return "everything" if resource == "*" else f"`{parts[2]}` `{parts[5]}`"


def _conditions(conditions: Mapping[str, Mapping[str, str | Sequence[str]]]) -> list[str]:
    lines: list[str] = []
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            values = [wanted] if isinstance(wanted, str) else wanted
            lines.append(f"if `{key}` {operator} {', '.join(f'`{value}`' for value in values)}")
    return lines
