"""The version is written in pyproject.toml, and everything that has one follows it."""

import json
import tomllib

import pytest

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
