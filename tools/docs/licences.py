"""docs/licences.md: what the project is made of, by licence, from the lock files and `licences.toml`.

Nothing that is installed is read, so that the page is the same on every computer and needs no network. Versions are
left out: an update that changes no licence does not change the page.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conducky.errors import UserError
from conducky.repository import APPLICATIONS, ROOT
from tools.docs.markdown import table
from tools.docs.pages import write_generated_parts

PAGE = Path("docs") / "licences.md"
TABLE = Path(__file__).with_name("licences.toml")
Licences = Mapping[str, str]  # by package


def python_licences(root: Path = ROOT) -> tuple[Licences, Licences]:
    """What `conducky` needs to run, and what only tests, linters and tools need.

    Raises:
        UserError: when uv.lock has a package whose licence is not in the table, or the table one that is gone.
    """
    locked = {each["name"]: each for each in _toml(root / "uv.lock")["package"]}
    project = locked.pop("conducky")
    known = {name: licence for licence, names in _toml(TABLE)["python"].items() for name in names}
    if unknown := sorted(locked.keys() - known.keys()):
        names = ", ".join(unknown)
        raise UserError(
            f"tools/docs/licences.toml has no licence for {names} of uv.lock",
            "add it there, under the licence that its page on PyPI names, then run `make docs`",
        )
    if gone := sorted(known.keys() - locked.keys()):
        raise UserError(
            f"tools/docs/licences.toml names {', '.join(gone)}, which is not in uv.lock",
            "remove it from that table, then run `make docs`",
        )
    needed: set[str] = set()
    waiting = _needs(project)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += _needs(locked[name])
    return {name: known[name] for name in needed}, {name: known[name] for name in locked.keys() - needed}


def npm_licences(root: Path = ROOT) -> tuple[Licences, Licences]:
    """What the two applications depend on at run time, and what only builds, tests and tools depend on.

    Raises:
        UserError: when neither the lock file nor the table names a package's licence.
    """
    known = {name: licence for licence, names in _toml(TABLE)["npm"].items() for name in names}
    shipped: dict[str, str] = {}
    others: dict[str, str] = {}
    for file in sorted([*root.glob("*/package-lock.json"), *root.glob("tools/*/package-lock.json")]):
        for path, each in json.loads(file.read_text("utf-8"))["packages"].items():
            name = each.get("name") or path.rpartition("node_modules/")[2]
            if "node_modules/" not in path:
                continue
            licence = each.get("license") or known.get(name)
            if licence is None:
                raise UserError(
                    f"{file.relative_to(root)} names no licence for {name}",
                    "add it to [npm] in tools/docs/licences.toml",
                )
            runs = file.parent.name in APPLICATIONS and not (each.get("dev") or each.get("devOptional"))
            (shipped if runs else others)[name] = licence.strip("()").replace(" and ", " AND ")
    return shipped, {name: licence for name, licence in others.items() if name not in shipped}


def licence_parts(root: Path = ROOT) -> dict[str, str]:
    """The generated parts of the page, by name."""
    command, python_tools = python_licences(root)
    shipped, npm_tools = npm_licences(root)
    others = [(each["what"], each["licence"], each["used"]) for each in _toml(TABLE)["others"]]
    return {
        "applications": _by_licence(shipped),
        "command": _by_licence(command),
        "tools": _by_licence({**python_tools, **npm_tools}, all_names=False),
        "others": table(("What", "Licence", "Used in"), others),
    }


def write_licences_page(root: Path = ROOT) -> Path:
    """Replace the generated parts of the page in a repository, and return the file."""
    return write_generated_parts(root, PAGE, licence_parts(root))


def is_permissive(licence: str) -> bool:
    """Whether an SPDX expression asks for nothing but that its text is kept: all of it, or one of the choices."""
    permissive = _toml(TABLE)["permissive"]
    return any(
        all(part.strip("() ") in permissive for part in choice.split(" AND ")) for choice in licence.split(" OR ")
    )


def _by_licence(licences: Licences, *, all_names: bool = True) -> str:
    """Those that ask for more come first, with every name; of the permissive ones, tools are only counted."""
    grouped: dict[str, list[str]] = {}
    for name in sorted(licences):
        grouped.setdefault(licences[name], []).append(name)
    rows: list[tuple[str, str, str]] = []
    for licence in sorted(grouped, key=lambda each: (is_permissive(each), -len(grouped[each]), each)):
        names = _listed(grouped[licence]) if all_names or not is_permissive(licence) else ""
        rows.append((licence, str(len(grouped[licence])), names))
    return table(("Licence", "Packages", "Names"), rows)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _needs(package: Mapping[str, Any]) -> list[str]:
    """The names of what a package of uv.lock depends on, with those of the extras that are used here."""
    extras = (each for group in package.get("optional-dependencies", {}).values() for each in group)
    return [each["name"] for each in (*package.get("dependencies", ()), *extras)]


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
