"""What an application may do in AWS besides: statements from a JSON file, refused where they reach too far.

They go into the role of its tasks and into the boundary of that role, so each is as narrow as a person can read it:
named actions, on resources that are named in full or by how their names begin.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from boundary_policy import boundary_statements
from deployer_scope import Scope

from conducky.errors import UserError, quoted
from conducky.policy import Statement, policy
from conducky.settings import BootstrapSettings

_KEYS = {"Sid", "Effect", "Action", "Resource", "Condition"}
# Who somebody is, and what they may do: with these, an application could become somebody else.
_IDENTITY = {"account", "iam", "identitystore", "organizations", "rolesanywhere", "sso", "sso-directory", "sts"}
_ACTION = re.compile(r"([A-Za-z0-9-]+):[A-Z][A-Za-z0-9]{2,}\*?")
_ARN = re.compile(r"arn:aws:([a-z0-9-]+):([a-z0-9-]*):([0-9]*):(.+)")
_NO_TYPE = {"s3", "sns", "sqs"}  # their ARNs end in the name, without a kind before it
# What can be between the kind and the name: of load balancers, of schedules and events, of automatic snapshots, or a
# slash, with which such names as `/aws/lambda/x` begin
_BETWEEN = {"app", "net", "gwy", "default", "rds", ""}
_LIMIT = 6144  # characters of a managed policy, which a boundary is


def own_permissions(settings: BootstrapSettings, scope: Scope, root: Path) -> Mapping[str, Sequence[Statement]]:
    """The statements by application, from the files that the settings name; see `application_permissions`."""
    files = {"backend": settings.backend_permissions, "frontend": settings.frontend_permissions}
    return {name: application_permissions(file, name, scope, root) for name, file in files.items()}


def application_permissions(file: str | None, application: str, scope: Scope, root: Path) -> Sequence[Statement]:
    """The statements in an application's file; none where no file is set.

    Raises:
        UserError: when there is no such file, it holds no statements, or one of them reaches too far.
    """
    if file is None:
        return ()

    def refused(problem: str) -> UserError:
        return UserError(f"{file} (setting `{application}Permissions`) {problem}", f"correct {file}")

    try:
        found: object = json.loads((root / file).read_text(encoding="utf-8"))
    except OSError:
        raise refused("cannot be read") from None
    except (ValueError, RecursionError):
        raise refused("is not JSON") from None
    if isinstance(found, dict):
        found = cast("dict[str, object]", found).get("Statement")
    if not isinstance(found, list) or not found:
        raise refused("holds no list of statements")
    statements = [
        _statement(each, number, application, scope, refused)
        for number, each in enumerate(cast("list[object]", found), start=1)
    ]
    length = len(re.sub(r"\s", "", json.dumps(policy(*boundary_statements(scope), *statements))))
    if length > _LIMIT:
        raise refused(f"is too long: with them a boundary has {length} characters, and AWS takes {_LIMIT}")
    return statements


def _statement(
    given: object, number: int, application: str, scope: Scope, refused: Callable[[str], UserError]
) -> Statement:
    def wrong(problem: str) -> UserError:
        return refused(f"is refused: statement {number} {problem}")

    if not isinstance(given, dict):
        raise wrong("is not an object")
    statement = cast("dict[str, Any]", given)
    if problem := _form_problem(statement):
        raise wrong(problem)
    actions, resources = (_texts(statement.get(key)) for key in ("Action", "Resource"))
    problems = [_action_problem(action) for action in actions]
    problems += [_resource_problem(resource, application, scope) for resource in resources]
    for problem in filter(None, problems):
        raise wrong(problem)
    conditions = cast("Mapping[str, Mapping[str, str | Sequence[str]]]", statement.get("Condition", {}))
    return Statement(f"Own{number}", actions, resources, conditions)


def _form_problem(statement: dict[str, Any]) -> str:
    for key, instead in (("NotAction", "Action"), ("NotResource", "Resource")):
        if key in statement:
            return f"has `{key}`, which allows everything else; name what is needed as `{instead}`"
    if unknown := sorted(statement.keys() - _KEYS):
        return f"has {quoted(unknown[0])}; it can have Effect, Action, Resource, Condition and Sid"
    if statement.get("Effect") != "Allow":
        return "must have the Effect `Allow`; what no statement allows is denied"
    if not all(_texts(statement.get(key)) for key in ("Action", "Resource")):
        return "needs an Action and a Resource, each a text or a list of texts"
    return "" if isinstance(statement.get("Condition", {}), dict) else "has a Condition that is not an object"


def _texts(value: object) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in cast("list[object]", texts)):
        return []
    return cast("list[str]", texts)


def _action_problem(action: str) -> str:
    named = _ACTION.fullmatch(action)
    if not named:
        return (
            f"allows {quoted(action)}: write the service and the action out, such as `s3:GetObject`; a `*` can only "
            "end an action's name"
        )
    if named[1].lower() in _IDENTITY:
        return f"allows {quoted(action)}, with which it could become somebody else or get more rights"
    return ""


def _resource_problem(resource: str, application: str, scope: Scope) -> str:
    named = _ARN.fullmatch(resource)
    if not named or "${" in resource:
        return f"names {quoted(resource)}: write the ARN out, with a `*` in the resource's name at most"
    service, region, account, what = named.groups()
    parts = re.split(r"[/:]", what.removeprefix("/"))  # API Gateway's begin with one
    after = [] if service in _NO_TYPE else parts[1:]
    name = next((part for part in after if part not in _BETWEEN), [*parts[:1], *after][-1])
    start = re.split(r"[*?]", name)[0]
    if service in _IDENTITY:
        return f"names {quoted(resource)}, which decides who may do what"
    if service in ("secretsmanager", "ssm"):
        is_here = (region, account) == (scope.place.region, scope.place.account_id)
        own = scope.names.prefix if service == "secretsmanager" else scope.names.parameter(application, "")
        begins = f"secret:{own}" if service == "secretsmanager" else f"parameter{own}"
        is_own = is_here and re.split(r"[*?]", what)[0].startswith(begins)
        return "" if is_own else f"names {quoted(resource)}: of such secrets it can have those that begin with `{own}`"
    if start != name and len(start) < 3:  # noqa: PLR2004  # letters, so that a person sees whose it is
        return f"names {quoted(resource)}, which is nearly everything: write how the name begins"
    if _is_another_stacks(start, is_whole=start == name, scope=scope):
        return f"names {quoted(resource)}, which reaches another stack: begin the name with `{scope.names.prefix}`"
    return ""


def _is_another_stacks(start: str, *, is_whole: bool, scope: Scope) -> bool:
    project = f"{scope.names.project}-"
    if start.startswith(project):
        return not start.startswith(scope.names.prefix)
    return not is_whole and project.startswith(start)
