"""What the applications' package files ask of npm."""

import json
import re

import pytest

from conducky.repository import ROOT


@pytest.mark.parametrize("application", ["backend", "frontend"])
def test_no_command_that_is_used_belongs_to_a_package_whose_install_script_is_denied(application: str) -> None:
    """npm 11.17, which comes with Node 24.19, does not link the commands of such a package."""
    folder = ROOT / application
    package = json.loads((folder / "package.json").read_text())
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    denied = [name for name, allowed in package["allowScripts"].items() if not allowed]
    commands = {command for name in denied for command in locked.get(f"node_modules/{name}", {}).get("bin", {})}
    callers = [*package["scripts"].values(), *(file.read_text() for file in folder.glob("*") if _calls(file.name))]
    words = set(re.findall(r"[\w@/-]+", "\n".join(callers)))

    assert denied
    assert commands & words == set()


def _calls(name: str) -> bool:
    return name == "Dockerfile" or name.endswith(".sh")
