"""The applications' secrets: which there are, by the stack files, and what a value must be like.

Their names are the lists `frontend.secrets` and `backend.secrets` of `services`. They are read here without the rest of
the settings, whose libraries take half a second to load; a list that is wrong is refused where settings are checked.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from conducky.environment import APPLICATION_SECRETS, SHORTEST_SECRET
from conducky.errors import UserError
from conducky.repository import APPLICATIONS, ROOT, stack_config, stack_file

# What a standard SSM parameter holds, in bytes, and what it takes for the name of another parameter:
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
LONGEST_SECRET = 4096
NESTED = "{{"


def secret_names(config: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """Each secret in a stack's settings of `services` (by their full keys), with the applications that get it."""
    found: dict[str, tuple[str, ...]] = {}
    for application in APPLICATIONS:
        for name in _listed(application, config.get(f"conducky-services:{application}")):
            found[name] = (*found.get(name, ()), application)
    return found


def secrets_of(stack: str, root: Path = ROOT) -> dict[str, tuple[str, ...]]:
    """One stack's secrets, each with the applications that get it. Raises UserError when its file is unreadable."""
    return secret_names(stack_config(stack_file("services", stack, root)))


def all_secrets(root: Path = ROOT) -> dict[str, tuple[str, ...]]:
    """The secrets of all stacks of the repository; a file that cannot be read has none."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted((root / "services").glob("Pulumi.*.yaml")):
        try:
            names = secret_names(stack_config(file))
        except (UserError, OSError):
            continue
        for name, applications in names.items():
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), *applications)))
    return found


def problem_with(name: str, value: str) -> str | None:
    """Why a value is not allowed, without it; None where it is."""
    shortest = SHORTEST_SECRET if name in APPLICATION_SECRETS else 1
    size = len(value.encode())
    if len(value) < shortest:
        return f"{name} has {len(value)} characters and must have at least {shortest}"
    if size > LONGEST_SECRET:
        return f"{name} has {size} bytes and may have at most {LONGEST_SECRET}, the limit of an SSM parameter"
    return f"{name} contains `{NESTED}`, which SSM takes for another parameter's name" if NESTED in value else None


def how_to_export(name: str) -> str:
    """The command that gives a secret a value in this shell: a new one for our own, the third party's for others."""
    return f'`export {name}="$(openssl rand -hex 32)"`' if name in APPLICATION_SECRETS else f"`export {name}=…`"


def fake_secret(name: str) -> str:
    """A visibly fake value, for programs that are evaluated and not deployed."""
    return f"fake-{name.lower().replace('_', '-')}-for-tests-only-0123456789"


def _listed(application: str, text: str | None) -> tuple[str, ...]:
    default = tuple(APPLICATION_SECRETS) if application == "backend" else ()
    try:
        content: object = json.loads(text) if text else {}
    except ValueError:
        return default
    listed: object = (
        cast("dict[str, object]", content).get("secrets", default) if isinstance(content, dict) else default
    )
    return tuple(str(name) for name in cast("list[object]", listed)) if isinstance(listed, list | tuple) else default
