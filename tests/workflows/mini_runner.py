"""Runs the jobs of a workflow as GitHub would, on this machine: their own commands, in their order, with their secrets.

Actions of others are not run; signing in to AWS puts its credentials into the environment, as the real one does. Bash
reads each line; what it then starts is a `conducky` that has its modules already, or make.
"""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conducky.repository import ROOT
from tests.preloaded import conducky
from tests.workflows.expressions import filled_in, holds
from tests.workflows.workflow_files import Job, Step, action_steps, jobs

ROLE_KEY = "ASIAFAKEFAKEFAKEFAKE"
_CONDUCKY = ".venv/bin/conducky "


@dataclass
class JobRun:
    """What became of a job: `ran` has its commands, `said` all that they printed."""

    result: str = "skipped"
    ran: list[str] = field(default_factory=list[str])
    said: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class MiniRunner:
    """A repository's secrets and variables, and a folder for the files of each job."""

    folder: Path
    secrets: dict[str, str]
    variables: dict[str, str]
    github: dict[str, Any] = field(default_factory=dict[str, Any])

    def run(self, workflow: str, **contexts: Any) -> dict[str, JobRun]:  # noqa: ANN401
        """Run all jobs of a workflow, but those that call another; one whose `needs` failed is skipped."""
        done: dict[str, JobRun] = {}
        for name, job in jobs(workflow).items():
            needed: list[str] | str = job.content.get("needs", [])
            if any(done[each].result != "success" for each in ([needed] if isinstance(needed, str) else needed)):
                done[name] = JobRun()
                continue
            if job.calls and "if" not in job.content:
                done[name] = JobRun(result="success")
                continue
            needs = {each: {"outputs": done[each].outputs} for each in done}
            done[name] = _JobRunner(self, job, {**contexts, "needs": needs}).run()
        return done


class _JobRunner:
    """One job, with a new environment and files of its own."""

    def __init__(self, machine: MiniRunner, job: Job, contexts: dict[str, Any]) -> None:
        self._job = job
        self._done = JobRun()
        self._folder = machine.folder / f"{job.workflow}-{job.name}"
        self._folder.mkdir(parents=True)
        self._exported: dict[str, str] = {}
        self._contexts = {
            "secrets": machine.secrets,
            "vars": machine.variables,
            "github": {"ref": "refs/heads/main", "token": "fake-token-of-the-job", "run_id": "42", **machine.github},
            "runner": {"temp": str(self._folder)},
            **contexts,
        }

    def run(self) -> JobRun:
        if not holds(self._job.content.get("if", "true"), self._contexts, failed=False):
            return self._done
        steps: dict[str, Any] = {}
        succeeded = self._steps(list(self._job.steps), {**self._contexts, "steps": steps})
        self._done.result = "success" if succeeded else "failure"
        self._done.summary = self._read("GITHUB_STEP_SUMMARY")
        outputs = self._job.content.get("outputs", {})
        self._done.outputs = {
            name: filled_in(text, {**self._contexts, "steps": steps}) for name, text in outputs.items()
        }
        return self._done

    def _steps(self, steps: list[Step], contexts: dict[str, Any]) -> bool:
        failed = False
        for step in steps:
            name = step.content.get("id", step.where)
            if not holds(step.content.get("if", "true"), contexts, failed=failed):
                contexts["steps"][name] = {"outcome": "skipped", "outputs": {}}
                continue
            before = len(self._read("GITHUB_OUTPUT"))
            succeeded = self._step(step, contexts)
            written = self._read("GITHUB_OUTPUT")[before:]
            contexts["steps"][name] = {"outcome": "success" if succeeded else "failure", "outputs": _outputs(written)}
            failed = failed or not succeeded
        return not failed

    def _step(self, step: Step, contexts: dict[str, Any]) -> bool:
        if step.run is not None:
            return self._command(step.run, {name: filled_in(text, contexts) for name, text in step.env.items()})
        given = {name: filled_in(text, contexts) for name, text in step.given.items()}
        if step.uses.startswith("./.github/actions/"):
            inner = {"inputs": given, "github": contexts["github"], "runner": contexts["runner"], "steps": {}}
            return self._steps(action_steps(step.uses.rpartition("/")[2]), inner)
        if step.uses.startswith("aws-actions/configure-aws-credentials@"):
            self._exported["AWS_REGION"] = given["aws-region"]
            self._exported["AWS_ACCESS_KEY_ID"] = given["aws-access-key-id"] or ROLE_KEY
            self._exported["AWS_SECRET_ACCESS_KEY"] = given["aws-secret-access-key"] or "fake-secret-of-the-role"
        return True

    def _command(self, text: str, environment: dict[str, str]) -> bool:
        files = {name: str(self._folder / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        everything = {**os.environ, "CI": "true", "GITHUB_ACTIONS": "true", **files, **self._exported, **environment}
        if text.startswith(_CONDUCKY):
            words = _bash(text.replace(_CONDUCKY, r"printf '%s\0' "), everything).stdout.split("\0")[:-1]
            done = conducky(*words, environment=everything, merged=True)
        else:
            done = _bash(text, everything)
        self._done.ran.append(text)
        self._done.said += done.stdout
        return done.returncode == 0

    def _read(self, name: str) -> str:
        file = self._folder / name
        return file.read_text(encoding="utf-8") if file.exists() else ""


def _bash(text: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", "-e", "-c", text],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )


def _outputs(written: str) -> dict[str, str]:
    lines = written.splitlines()
    return {lines[n].partition("<<")[0]: lines[n + 1] for n in range(0, len(lines), 3)}
