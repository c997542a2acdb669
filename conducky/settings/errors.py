"""Everything that can be wrong with a setting, each with the command that fixes it."""

import difflib
import re
import shlex
from collections.abc import Collection
from contextvars import ContextVar
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from conducky.errors import UserError, printable, quoted

# What the parts of an application look like, for those with more than one word or number.
_SHAPES = {
    **dict.fromkeys(("variables", "buildArgs"), "{NAME: text}"),
    **dict.fromkeys(("addresses", "buildAddresses"), "{NAME: backend}"),
    "command": '["node", "server.js"]',
    "egress": "[443, 587]",
    "paths": '["/api/*"]',
    "secrets": "[SMTP_PASSWORD]",
    "user": "1000:1000",
    "healthPath": "/health",
    "target": "runtime",
    "context": "backend",
}


STACK: ContextVar[str] = ContextVar("STACK")
"""The stack whose settings are read; a program's own where none is set."""


def _stack() -> str:
    if stack := STACK.get(""):
        return stack
    import pulumi  # noqa: PLC0415  # A program has it; for a command it would be most of a second

    return pulumi.get_stack()


def config_command(layer: str, words: str) -> str:
    """The command that changes a setting of the current stack: `pulumi -C platform config set … --stack dev`."""
    return f"`pulumi -C {layer} config {words} --stack {_stack()}`"


def invalid_setting(
    layer: str, settings: type[BaseModel], error: ValidationError, secret_keys: Collection[str] = ()
) -> UserError:
    """The first bad setting, and how many others are bad; values of `secret_keys` are not shown."""
    problems = error.errors(include_url=False)
    first = _problem(layer, settings, problems[0], secret_keys)
    others = len({str(problem["loc"][0]) for problem in problems}) - 1
    return UserError(f"{first.problem} ({others} more after that)", first.fix) if others else first


def unknown_namespace(layer: str, key: str) -> UserError:
    """A key that belongs to no layer and no provider, such as a misspelt `conducky-platfrom:…`."""
    return UserError(
        f"{quoted(key)} in the settings of {layer} belongs to no program here (keys begin with `conducky-{layer}:`)",
        f"run {config_command(layer, f'rm {_shell(key)}')}",
    )


def unknown_setting(layer: str, known: Collection[str], key: str) -> UserError:
    """A key of the layer that is none of these settings, such as a misspelt one."""
    near = difflib.get_close_matches(key, known, n=1)
    guess = f" (did you mean `{near[0]}`?)" if near else ""
    return UserError(
        f"{quoted(key)} is not a setting of {layer}{guess}", f"run {config_command(layer, f'rm {_shell(key)}')}"
    )


def region_in_stack_file(layer: str) -> UserError:
    """`aws:region`, which would silently override AWS_REGION."""
    return UserError(
        f"`aws:region` in the settings of {layer} would override AWS_REGION, which all layers share",
        f"run {config_command(layer, 'rm aws:region')} and `export AWS_REGION=…`",
    )


def plain_secret(layer: str, key: str) -> UserError:
    """A secret that is in the stack file in plain text."""
    return UserError(
        f"`{key}` is stored in the settings of {layer} in plain text",
        f"run {config_command(layer, f'set --secret {key}')} and give it a new value",
    )


def _problem(layer: str, settings: type[BaseModel], problem: ErrorDetails, secret_keys: Collection[str]) -> UserError:
    key = str(problem["loc"][0]) if problem["loc"] else ""
    known = {to_camel(name): field for name, field in settings.model_fields.items()}
    if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
        return unknown_setting(layer, known, key)
    field = known[key]
    if parts := _parts(field):
        return _in_map(layer, key, parts, problem, encrypted=key in secret_keys)
    default: Any = field.default
    example = (field.examples or [None])[0] or (str(default).lower() if isinstance(default, bool) else default)
    if "SecretStr" in str(field.annotation) or key in secret_keys:
        return UserError(
            f"`{key}` {_requirement(problem, example)}", f"run {config_command(layer, f'set --secret {key}')}"
        )
    return UserError(
        f"`{key}` is {quoted(problem['input'])} but {_requirement(problem, example)}",
        f"run {config_command(layer, f'set {key} {_shell(example)}')}",
    )


def _parts(field: FieldInfo) -> Collection[str]:
    """What a map has, by its default or by the type of a setting that may be left out; nothing for another setting."""
    kinds: tuple[Any, ...] = (field.default.__class__, *get_args(field.annotation))
    return next((each.model_fields for each in kinds if isinstance(each, type) and issubclass(each, BaseModel)), ())


def _in_map(layer: str, key: str, parts: Collection[str], problem: ErrorDetails, *, encrypted: bool) -> UserError:
    """What is wrong in `frontend`, `backend` or `worker`, without the value: it may be a secret in the wrong place."""
    secrets = f"{key if 'secrets' in parts else 'backend'}.secrets"  # A worker gets the backend's
    path = [part for part in problem["loc"] if isinstance(part, str) and part != "[key]"]
    path += [name] if (name := problem.get("ctx", {}).get("name")) and problem["type"] == "plain_secret" else []
    nested: Any = problem["input"]
    secure = isinstance(nested, dict) and "secure" in nested
    where, kind = ".".join(path), problem["type"]
    remove = config_command(layer, f"rm --path {_shell(where)}")
    if encrypted:
        plain = f"`{key}` is encrypted, but what it holds reaches the container in plain text"
        return UserError(plain, f"run {config_command(layer, f'rm {key}')} and name its secrets in `{secrets}`")
    if kind == "plain_secret" or secure:
        what = "is encrypted" if secure else problem["msg"]
        name = path[2] if len(path) > 2 else key  # noqa: PLR2004  # backend.variables.NAME
        return UserError(
            f"`{where}` {what}, and would reach the container in plain text",
            f"run {remove}, name {printable(name)} in `{secrets}`, and export its value where you deploy from",
        )
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(path[-1], [*map(to_camel, parts)], n=1)
        guess = f" (did you mean `{key}.{near[0]}`?)" if near else ""
        return UserError(f"{quoted(where)} is not a setting of {layer}{guess}", f"run {remove}")
    if kind == "ours":
        where = ".".join(path if problem["loc"][-1] == "[key]" else [*path, str(problem["input"])])
        see = config_command(layer, f"get {key}")
        return UserError(f"{quoted(where)} {problem['msg']}", f"remove it from `{key}.{path[1]}`; see {see}")
    if len(path) == 1 and kind in ("model_type", "model_attributes_type", "dict_type"):
        first = "port 4000" if "port" in parts else "'command[0]' node"
        return UserError(f"`{key}` must be a map", f"run {config_command(layer, f'set --path {key}.{first}')}")
    shape = "NAME" if problem["loc"][-1] == "[key]" else _SHAPES.get(path[1] if len(path) > 1 else "", "…")
    if kind in ("too_short", "too_long"):
        limits = problem.get("ctx", {})
        most = f"at most {limits['max_length']}" if kind == "too_long" else f"at least {limits['min_length']}"
        message = f"must have {most} {'entry' if most.endswith(' 1') else 'entries'}"
    else:
        message = _requirement(problem, shape)
    reset = f"or run {remove} for the default" if len(path) > 1 else f"see {config_command(layer, f'get {key}')}"
    file = f"correct it in {layer}/Pulumi.{_stack()}.yaml"
    return UserError(f"`{printable(where)}` {message}", f"{file}, {reset}")


def _shell(value: object) -> str:
    """A word, quoted for a shell; unprintable characters, which no command could hold, are escaped."""
    text = "…" if value is None else printable(str(value))
    return text if re.fullmatch(r"[\w.:/@…-]+", text) else shlex.quote(text)


_LIKE, _WHOLE, _TRUTH = "look like `{example}`", "be a whole number", "be `true` or `false`"
_REQUIREMENTS = {
    "literal_error": "be one of {expected}",
    "greater_than_equal": "be at least {ge}",
    "less_than_equal": "be at most {le}",
    "too_short": "have {min_length} entries",
    "too_long": "have {max_length} entries",
    **dict.fromkeys(("string_too_short", "missing"), "not be empty"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("string_pattern_mismatch", "list_type", "string_type"), _LIKE),
    **dict.fromkeys(("tuple_type", "dict_type", "mapping_type"), _LIKE),
    **dict.fromkeys(("bool_parsing", "bool_type"), _TRUTH),
}


def _requirement(problem: ErrorDetails, example: object) -> str:
    """What the value must be."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "too_short" and isinstance(problem["input"], str | SecretStr):
        return f"must be at least {context['min_length']} characters long"
    if kind not in _REQUIREMENTS:
        return problem["msg"][0].lower() + problem["msg"][1:]
    if kind == "literal_error":
        context = {"expected": str(context["expected"]).replace("'", "`")}
    return "must " + _REQUIREMENTS[kind].format(example=example, **context)
