"""Which setting a variable of an application belongs to: its values, secrets, addresses, or none."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from conducky.adoption.candidate import Candidate
from conducky.adoption.words import TEXT, is_, without_public
from conducky.settings.application import Name, SecretName, secret_in


class Seen(NamedTuple):
    """A variable: its value where one is known in plain text, where it was found, and what that says about it."""

    value: str | None
    where: str
    is_secret: bool = False
    is_trusted: bool = False  # The file that gives it keeps secrets apart
    is_optional: bool = False
    is_built_in: bool = False


def sorted_in(name: str, seen: Seen, found: Candidate, everything: Mapping[str, Candidate]) -> tuple[str, str, str]:
    """The setting that a variable belongs to, its value there, and a note; each is empty where there is none."""
    value, bare = seen.value, without_public(name)
    build = seen.is_built_in or name in found.stage.arguments or f"ARG {name}" in found.tree.text(found.dockerfile)
    if is_("given", name):
        return "", "", ""
    if is_("database", name):
        return "", "", "is not set: the backend gets its database as DATABASE_URL, and as nothing else"
    if (
        seen.is_secret
        or (value and secret_in(value, name))
        or (is_("secret", name.upper()) and not is_("not_secret", name.upper()))
    ):
        problem = problem_of(SecretName, name)
        return ("", "", f"looks like a secret, whose name {problem}") if problem else ("secrets", "", "")
    by_value = _owner(value or "", everything)
    by_name = next(
        (kind for kind in ("backend", "frontend") if is_(kind, bare)), "corsOrigin" if is_("origins", bare) else ""
    )
    local = value is not None and is_("local", value)
    if by_value or (by_name and (value is None or local or not seen.is_trusted)):
        path = urlsplit(value or "").path.strip("/")
        notes = [f"has the path /{path} there, and gets the address without it here"] if path else []
        is_of_config = TEXT["read_by_build"].search(seen.where) is not None
        if (is_("built", name) or is_of_config) and not build and not found.starting("builds"):
            why = "is built into the page" if is_("built", name) else "is read while the page is built"
            notes.append(f"{why}, and the Dockerfile has no `ARG {name}`: add one before its build")
        kind = "corsOrigin" if by_name == "corsOrigin" else by_value or by_name
        return "buildAddresses" if build else "addresses", kind, "; it ".join(notes)
    if value is not None and not local and (seen.is_trusted or is_("harmless", value)):
        problem = problem_of(Name, name)
        return (
            ("", "", f"was left out: it {problem}") if problem else ("buildArgs" if build else "variables", value, "")
        )
    address = ", in `addresses` if it is the frontend's or the backend's" if is_("address", name) else ""
    asks = f"got no value: set it in `variables`{address}, or name it in `secrets`"
    return "", "", "" if seen.is_optional else asks


def problem_of(kind: Any, value: str) -> str:  # noqa: ANN401  # a type with its checks
    """Why a value is none of a type; empty where it is one."""
    try:
        TypeAdapter[str](kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        return (
            "is not of letters (capital ones for a secret), digits and `_`"
            if first["type"] == "string_pattern_mismatch"
            else first["msg"]
        )
    return ""


def _owner(value: str, everything: Mapping[str, Candidate]) -> str:
    """The application whose name in a compose file or published port is in a value such as `http://api:4000`."""
    try:
        host, port = urlsplit(value).hostname, urlsplit(value).port
    except ValueError:
        return ""
    for role, each in everything.items():
        if any(
            host == use.name or (host in ("localhost", "127.0.0.1") and port in use.published) for use in each.declared
        ):
            return role
    return ""
