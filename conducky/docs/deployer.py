"""docs/deployer.md: who deploys and what they may do, its tables written from the policies themselves."""

import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from conducky.naming import Names, Place
from conducky.policy import Statement
from conducky.repository import ROOT

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
image repositories; where a GitHub repository is named, its roles as well. It makes no access key: Pulumi would keep it,
readable, in its state.

## Keys, and changing them

An administrator makes keys, with `conducky credentials`; Pulumi never sees one. A key is tried before it counts: AWS
needs some seconds to know it everywhere.

```sh
make credentials ARGS="create"              # shown once; keep it with `aws configure --profile conducky-dev`
make credentials ARGS="create --github"     # or: into the repository's secrets, by GitHub's `gh`
make credentials ARGS="rotate --github"     # every 90 days, and when somebody leaves
make credentials ARGS="revoke"              # which keys there are, and when they were last used
make credentials ARGS="revoke AKIA…"        # switched off, then deleted
```

`STACK=prod` says another stack, `--repo acme/conducky` another repository than the setting `githubRepository` or this
folder's, `--github-environment prod` the secrets of an environment. `gh` gets the key through its standard input.

A user holds two keys at most, so there is room to change one for another. `rotate` makes a new one, tries it, stores
it, switches the old one off, tries the new one again, and only then deletes the old one; on a terminal it asks first
whether the new key is in its place. Run it while no deployment runs: one that does uses the old key. Where a step
fails, the sentence says which keys exist and what to run.

The deployer itself can make, change and delete no key, not even its own: a stolen key cannot be turned into another.

## Without keys: GitHub Actions signs in

Better than a key that can be stolen: GitHub vouches for a job, and AWS gives it an hour. An administrator makes the
account's sign-in provider, once for all stacks and projects, and names the repository, written as GitHub writes it:

```sh
aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com \\
    --client-id-list sts.amazonaws.com
pulumi -C bootstrap config set githubRepository acme/conducky --stack dev
pulumi -C bootstrap config set githubEnvironment dev --stack dev    # or leave it: the branch `main`
pulumi -C bootstrap config set githubIds "$(gh api repos/acme/conducky --jq '"\\(.owner.id)/\\(.id)"')" --stack dev
make deploy LAYER=bootstrap
pulumi -C bootstrap stack output deploy_role_arn --stack dev        # into the variable AWS_DEPLOY_ROLE_ARN
make credentials ARGS="revoke"                                      # once it has deployed: remove the keys
```

- The role `conducky-dev-github-deploy` has the policies of the user, and the same explicit denials.
- It trusts one branch **or** one environment of one repository, exactly; a job with an `environment:` says that instead
  of its branch. Give `prod` an environment that asks for approval: without one, whoever may push to the branch deploys.
- Repositories made, renamed or moved since July 2026 name their ids in the token
  (`repo:acme@1234/conducky@5678:…`). With `githubIds` both forms are trusted, without only the one with names.
- Bootstrap finds the provider and never makes one: an account holds a single one, and a stack that made it would take
  it from the others when it is destroyed. `make destroy LAYER=bootstrap` leaves it alone.

## Previews of pull requests

`pulumi -C bootstrap config set githubPreviews true --stack dev` makes `conducky-dev-github-preview`, for tokens of the
repository's pull requests (`preview_role_arn`, AWS_PREVIEW_ROLE_ARN). Whoever may push a branch runs code with it, so
it holds what `make preview` asks and no more: three look-ups.

- Not `--refresh`: that reads every resource again, the secrets' values among them. Look for drift with the deployer,
  on a branch or environment that somebody reviews.
- It reads no secret of AWS, even if somebody attaches ReadOnlyAccess. **PULUMI_ACCESS_TOKEN still does**: a preview
  needs it, and with it the state can be read, database password included, and written. A token that can only read,
  where your plan of Pulumi Cloud has them, keeps it from being written. Whoever may not read a stack's state must
  not preview it. A pull request from a fork gets neither token.

## People: a shell in a container

Bootstrap makes the policy `conducky-dev-exec` and attaches it to nobody. For somebody who may open a shell:

```sh
aws iam attach-user-policy --user-name NAME --policy-arn "arn:aws:iam::ACCOUNT:policy/conducky-dev-exec"
```

Detach it again before `make destroy LAYER=bootstrap`: AWS deletes no policy that somebody has.

## What it cannot do

- **Get more rights**: no users, groups, logins, keys or sign-in providers; no attached policy; no new version of any
  policy. Roles exist only under the boundary, which it can neither change nor take off, and only ECS tasks get them.
  These denials are explicit: they hold even if somebody attaches AdministratorAccess to the deployer by mistake.
- **Touch another stack or project**: not its database, secrets, images, logs, cluster, load balancers, security groups
  or roles.
- **Delete what a rollback runs**: no image, no repository, no task definition.
- **Open a shell in a container**: that is a policy of its own, for people.
- **Touch who deploys**: not the user, not GitHub's roles or whom they trust, not the sign-in provider; and none of them
  the other.

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
an administrator, so that the denials say something. GitHub's roles get the same, and tokens of other repositories,
branches, forks and audiences. The run prints the numbers. What the provider calls was measured
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
_EXEC = """### Policy `exec`, for people

A shell in a container; not the pipeline's.
"""
_PREVIEW = """### Policy `github-preview`

What a pull request's preview may do.
"""
_TRUST = """## Whom GitHub's roles trust

For the repository `acme/conducky` with the ids `1234/5678`. Every claim must be equal; none is a pattern.
"""


def deployer_page() -> str:
    """The page as Markdown."""
    with _bootstrap_modules():
        from boundary_policy import boundary_statements  # noqa: PLC0415  # a layer's modules, found only in here
        from deployer_exec import exec_statements  # noqa: PLC0415
        from deployer_policy import deployer_statements  # noqa: PLC0415
        from deployer_scope import Scope  # noqa: PLC0415
        from github_trust import AUDIENCE, GithubRepository  # noqa: PLC0415
        from preview_policy import preview_statements  # noqa: PLC0415

        names = Names("conducky", "dev")
        scope = Scope(names, Place(_REGION, _ACCOUNT))
        areas = deployer_statements(scope)
        parts = [_INTRODUCTION, _POLICIES.format(count=len(areas))]
        parts += [f"### Policy `{area}`\n\n{_table(statements)}" for area, statements in areas.items()]
        parts += [_BOUNDARY, _table(boundary_statements(scope)), _EXEC]
        parts += [_table(exec_statements(scope)), _PREVIEW, _table(preview_statements())]
        repository = GithubRepository("acme/conducky", "1234/5678")
        trusted = {
            "`github-deploy`, with the branch `main`": repository.deploying("main", None),
            "`github-deploy`, with the environment `prod`": repository.deploying("main", "prod"),
            "`github-preview`": repository.previewing(),
        }
        parts += [_TRUST, _trust_table(trusted, AUDIENCE)]
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


def _trust_table(trusted: Mapping[str, Sequence[str]], audience: str) -> str:
    rows = [
        f"| {role} | {'<br>'.join(f'`{subject}`' for subject in subjects)} | `{audience}` |"
        for role, subjects in trusted.items()
    ]
    return "\n".join(["| Role | Subject (`sub`) | Audience (`aud`) |", "| --- | --- | --- |", *rows]) + "\n"


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
