"""A GitHub behind a `gh` on PATH: repositories, environments, secrets and variables, kept in a file."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.script import write_python

REPOSITORY = "acme/conducky"

_GH = r"""
import json, pathlib, sys
folder = pathlib.Path("@FOLDER@")
words = sys.argv[1:]
state = json.loads((folder / "state.json").read_text())
before = json.dumps(state)
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(words) + "\n")

def option(name, default=None):
    return words[words.index(name) + 1] if name in words else default

def fail(text, code=1):
    sys.stderr.write(text + "\n")
    sys.exit(code)

def show(value):
    print(json.dumps(value))

if words[0] in state["refused"]:
    fail(state["refused"][words[0]])
if words[:2] == ["auth", "status"]:
    sys.exit(0 if state["signed_in"] else 1)
elif words[:2] == ["repo", "view"]:
    if len(words) > 2 and not words[2].startswith("-") and words[2] != state["name"]:
        fail("GraphQL: Could not resolve to a Repository. Not Found (HTTP 404)")
    show({"nameWithOwner": state["name"], "isPrivate": state["private"], "defaultBranchRef": {"name": "main"}})
elif words[0] in ("secret", "variable"):
    held = state[words[0] + "s"]
    if words[1] == "list":
        environment = option("--env", "")
        if environment and environment not in state["environments"]:
            fail("failed to get: HTTP 404: Not Found")
        found = held.get(environment, {})
        show([{"name": name, **({"value": value} if words[0] == "variable" else {})} for name, value in found.items()])
    else:
        value = option("--body") if words[0] == "variable" else sys.stdin.read()
        held.setdefault(option("--env", ""), {})[words[2]] = value
elif words[0] == "api":
    method = option("--method", "GET")
    path = next(word for word in words[1:] if "/" in word)
    environment = path.split("/environments/")[1].split("/")[0] if "/environments/" in path else None
    if path.startswith("users/"):
        show({"id": 42})
    elif path.endswith("/customization/sub"):
        show({"use_default": state["default_subject"]})
    elif environment is None:
        show({"id": 56, "owner": {"id": 12, "login": "acme"}, "permissions": {"admin": True}})
    elif method == "PUT":
        if state["no_environments"]:
            fail("gh: Upgrade to GitHub Pro or make this repository public (HTTP 403)")
        state["environments"].setdefault(environment, {"branches": []})["body"] = json.loads(sys.stdin.read())
    elif environment not in state["environments"]:
        fail("gh: Not Found (HTTP 404)")
    elif path.endswith("deployment-branch-policies"):
        branches = state["environments"][environment]["branches"]
        if method == "POST":
            branches.append(option("-f").partition("=")[2])
        show({"branch_policies": [{"name": name} for name in branches]})
    else:
        show(state["environments"][environment]["body"] | {"name": environment})
elif words[:2] == ["workflow", "run"]:
    state["started"].append(words)
else:
    fail(f"unknown command {words}")
if json.dumps(state) != before:  # questions come several at a time
    (folder / "state.new").write_text(json.dumps(state))
    (folder / "state.new").replace(folder / "state.json")
"""


@dataclass(frozen=True)
class FakeGh:
    """What GitHub holds; `""` in the place of an environment is the repository itself."""

    folder: Path

    @property
    def state(self) -> dict[str, Any]:
        return json.loads((self.folder / "state.json").read_text())

    def set(self, **values: object) -> None:
        (self.folder / "state.json").write_text(json.dumps(self.state | values))

    @property
    def calls(self) -> list[list[str]]:
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def changes(self) -> list[list[str]]:
        """The calls that were more than questions."""
        return [call for call in self.calls if "set" in call or "--method" in call or call[0] == "workflow"]


def fake_gh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGh:
    """Put one on PATH, signed in, with an empty repository."""
    folder.mkdir(parents=True, exist_ok=True)
    made = FakeGh(folder)
    state: dict[str, Any] = {
        "signed_in": True,
        "name": REPOSITORY,
        "private": False,
        "environments": {},
        "secrets": {},
        "variables": {},
        "default_subject": True,
        "no_environments": False,
        "started": [],
        "refused": {},
    }
    (folder / "state.json").write_text(json.dumps(state))
    write_python(folder / "gh", _GH.replace("@FOLDER@", str(folder)))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return made
