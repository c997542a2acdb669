"""The workflows and actions of this repository as data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conducky.repository import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
_NAME = re.compile(r"\b(secrets|vars)\.(\w+)")


@dataclass(frozen=True)
class Step:
    """One step, and where it stands: `stack.yml check: Bootstrap`."""

    where: str
    content: dict[str, Any]

    @property
    def run(self) -> str | None:
        return self.content.get("run")

    @property
    def uses(self) -> str:
        return self.content.get("uses", "")

    @property
    def env(self) -> dict[str, str]:
        return self.content.get("env", {})

    @property
    def given(self) -> dict[str, Any]:
        """Its `with`."""
        return self.content.get("with", {})


@dataclass(frozen=True)
class Job:
    """One job of a workflow."""

    workflow: str
    name: str
    content: dict[str, Any]
    steps: tuple[Step, ...] = field(default=())

    @property
    def where(self) -> str:
        return f"{self.workflow} {self.name}"

    @property
    def calls(self) -> str | None:
        """The workflow that it calls, if it is no job of its own."""
        return self.content.get("uses")

    @property
    def secrets(self) -> set[str]:
        return names_in(self.content, "secrets")


@cache
def read(name: str) -> dict[str, Any]:
    """A workflow by its file name. YAML 1.1 reads the key `on` as true."""
    content = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in content.items()}


def jobs(name: str) -> dict[str, Job]:
    """The jobs of a workflow, by their ids."""
    return {
        job: Job(name, job, content, tuple(_steps(f"{name} {job}", content.get("steps", []))))
        for job, content in read(name)["jobs"].items()
    }


def all_jobs() -> list[Job]:
    return [job for file in WORKFLOWS for job in jobs(file.name).values()]


def action_steps(name: str) -> list[Step]:
    """The steps of one of our own actions."""
    content = yaml.safe_load((ROOT / ".github" / "actions" / name / "action.yml").read_text(encoding="utf-8"))
    return list(_steps(f"action {name}", content["runs"]["steps"]))


def all_steps() -> list[Step]:
    own = [step for file in ACTIONS for step in action_steps(file.parent.name)]
    return [*(step for job in all_jobs() for step in job.steps), *own]


def names_in(content: object, kind: str) -> set[str]:
    """The secrets, or the `vars`, that something names."""
    return {name for found, name in _NAME.findall(yaml.safe_dump(content, width=10_000)) if found == kind}


def texts() -> dict[str, str]:
    """Every file in .github that is run, as text."""
    return {str(file.relative_to(ROOT)): Path(file).read_text(encoding="utf-8") for file in [*WORKFLOWS, *ACTIONS]}


def _steps(where: str, steps: list[dict[str, Any]]) -> Iterator[Step]:
    for number, step in enumerate(steps, 1):
        yield Step(f"{where}: {step.get('name', number)}", step)
