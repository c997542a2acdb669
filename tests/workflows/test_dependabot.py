"""Dependabot looks into every folder that pins something."""

import re
from typing import Any

import pytest
import yaml

from conducky.repository import ROOT
from tools.tracked import tracked_files

UPDATES: list[dict[str, Any]] = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))[
    "updates"
]


def folders(ecosystem: str) -> set[str]:
    (update,) = [update for update in UPDATES if update["package-ecosystem"] == ecosystem]
    return set(update.get("directories") or [update["directory"]])


def holding(pattern: str) -> set[str]:
    """The folders of files of this name; strangers' applications in the tests keep their old versions."""
    files = [file.relative_to(ROOT) for file in tracked_files() if ROOT / "tests" / "applications" not in file.parents]
    return {f"/{file.parent}".removesuffix("/.") or "/" for file in files if re.fullmatch(pattern, file.name)}


@pytest.mark.parametrize(
    ("ecosystem", "pattern"),
    [("uv", r"uv\.lock"), ("npm", r"package-lock\.json"), ("docker", "Dockerfile"), ("gomod", r"go\.mod")],
)
def test_every_folder_that_pins_something_is_looked_into(ecosystem: str, pattern: str) -> None:
    assert folders(ecosystem) == holding(pattern), f"fix `directories` of {ecosystem} in .github/dependabot.yml"


def test_so_are_the_workflows_and_our_own_actions() -> None:
    """Dependabot reads /.github/workflows for `/`, and other folders only by name."""
    assert folders("github-actions") == {"/"} | holding(r"action\.yml")


@pytest.mark.parametrize("update", UPDATES, ids=lambda update: update["package-ecosystem"])
def test_updates_come_weekly_and_not_on_the_day_of_a_release(update: dict[str, Any]) -> None:
    assert update["schedule"]["interval"] == "weekly"
    assert update["cooldown"]["default-days"] >= 7
