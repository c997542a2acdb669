"""The version is written in pyproject.toml, and everything that has one follows it."""

import json
import tomllib
from typing import Any

import pytest

from conducky.evaluation.evaluate import Evaluation
from conducky.repository import APPLICATIONS, ROOT, version


@pytest.mark.parametrize("application", APPLICATIONS)
@pytest.mark.parametrize("file", ["package.json", "package-lock.json"])
def test_both_applications_have_the_version_of_pyproject(application: str, file: str) -> None:
    found = json.loads((ROOT / application / file).read_text(encoding="utf-8"))
    versions = [found["version"], *([found["packages"][""]["version"]] if "packages" in found else [])]
    assert set(versions) == {version()}, f"write {version()} into {application}/{file}"


def test_the_lock_file_has_the_version_of_pyproject() -> None:
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    (own,) = [each for each in locked["package"] if each["name"] == "conducky"]
    assert own["version"] == version(), "run `uv lock`"


def test_one_resource_of_a_stack_tells_the_version_that_deployed_it(made: Evaluation) -> None:
    """On more of them, an upgrade would change resources that are as they should be."""
    found = {resource.type: resource.inputs["tags"]["Version"] for resource in made.resources if _tagged(resource)}
    assert found == ({"aws:ecs/cluster:Cluster": version()} if made.layer == "services" else {})


def _tagged(resource: Any) -> bool:  # noqa: ANN401
    return "Version" in (resource.inputs.get("tags") or {})
