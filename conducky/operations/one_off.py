"""`conducky run`: a command in a task of its own, with the settings of a service, to its end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from botocore.exceptions import ClientError

from conducky.access import THROTTLED, asking_aws
from conducky.aws import error_code
from conducky.cost.prices import read_prices
from conducky.errors import UserError, printable
from conducky.operations.target import Target
from conducky.verification.stopped import advice_for
from conducky.verification.task import Task, task_of

POLICY: Final = "run"  # `conducky-dev-run`, which bootstrap creates and attaches to nobody
PERIOD_SECONDS: Final = 2.0
STARTED_BY: Final = "conducky-run"
# The sample backend's entry point would migrate first, and stop where a migration has failed.
_ENVIRONMENT: Final = [{"name": "MIGRATE_ON_START", "value": "no"}]


@dataclass
class OneOff:
    """One command for one application. `show` gets each line that it writes, `note` lines for the person."""

    target: Target
    application: str
    command: Sequence[str]
    show: Callable[[str], None]
    note: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    _token: str | None = None

    def run(self) -> int:
        """Start it, follow its log, and return its exit code.

        Whatever ends this early (Ctrl-C, a closed terminal) stops the task. Raises UserError when nothing is deployed,
        AWS refuses, or the command could not be started.
        """
        service = self._service()
        begin = time.monotonic()
        task = self._start(service)
        self.note(f"task {task.short} runs `{printable(' '.join(self.command))}`: starting takes about a minute")
        try:
            done = self._follow(task)
        except BaseException:
            self._stop(task)
            raise
        self.note(f"about {self._price(done, time.monotonic() - begin)}")
        container = done.container(self.application)
        code = container.exit_code if container else None
        if code is None:
            why = done.reason
            advice = advice_for(self.target.stack, why)
            raise UserError(f"the command did not run: {why.cause}", advice or f"run {self.target.command('status')}")
        return code

    def _service(self) -> dict[str, Any]:
        name = self.target.service(self.application)
        with asking_aws(f"read the settings of {name}", self.target.policy(POLICY)):
            try:
                found = self.target.ecs.describe_services(cluster=self.target.cluster, services=[name])["services"]
            except self.target.ecs.exceptions.ClusterNotFoundException:
                raise self.target.not_deployed(f"the cluster {self.target.cluster}") from None
        if not found or found[0].get("status") != "ACTIVE":
            raise self.target.not_deployed(f"the service {name}")
        return dict(found[0])

    def _start(self, service: dict[str, Any]) -> Task:
        override = {"name": self.application, "command": [*self.command], "environment": _ENVIRONMENT}
        with asking_aws("run a task", self.target.policy(POLICY)):
            answer = self.target.ecs.run_task(
                cluster=self.target.cluster,
                taskDefinition=service["taskDefinition"],
                # On demand, so that AWS does not interrupt it.
                launchType="FARGATE",
                networkConfiguration=service["networkConfiguration"],
                overrides={"containerOverrides": [override]},
                startedBy=STARTED_BY,
                count=1,
            )
        if not answer["tasks"]:
            why = ", ".join(each.get("reason", "") for each in answer.get("failures", [])) or "AWS gives no reason"
            raise UserError(
                f"AWS started no task ({printable(why)})",
                f"run this again; `conducky doctor --stack {self.target.stack}` shows quotas",
            )
        return task_of(answer["tasks"][0])

    def _follow(self, task: Task) -> Task:
        while True:
            with asking_aws("see the task", self.target.policy(POLICY)):
                try:
                    found = self.target.ecs.describe_tasks(cluster=self.target.cluster, tasks=[task.arn])["tasks"]
                except ClientError as error:
                    if error_code(error) not in THROTTLED:
                        raise
                    found = list[Any]()
            now = task_of(found[0]) if found else task
            self._log(task)
            if now.status == "STOPPED":
                return now
            self.sleep(PERIOD_SECONDS)

    def _log(self, task: Task) -> None:
        """Show what was written since the last time; the stream is there once the container has written something."""
        stream = f"{self.application}/{self.application}/{task.task_id}"
        while True:
            more: dict[str, Any] = {"nextToken": self._token} if self._token else {}
            with asking_aws("read its log", self.target.policy(POLICY)):
                try:
                    page = self.target.aws.logs.get_log_events(
                        logGroupName=self.target.log_group(self.application),
                        logStreamName=stream,
                        startFromHead=True,
                        **more,
                    )
                except ClientError as error:
                    if error_code(error) in THROTTLED | {"ResourceNotFoundException"}:
                        return
                    raise
            for event in page["events"]:
                self.show(event.get("message", "").rstrip("\n"))
            # AWS repeats the token at the end of the stream.
            before, self._token = self._token, page.get("nextForwardToken")
            if self._token in {None, before}:
                return

    def _stop(self, task: Task) -> None:
        try:
            with asking_aws("stop the task", self.target.policy(POLICY)):
                self.target.ecs.stop_task(cluster=self.target.cluster, task=task.arn, reason="conducky run was ended")
            self.note(f"task {task.short} is being stopped")
        except UserError as error:
            self.note(f"task {task.short} may still run: {error}")

    def _price(self, task: Task, seconds: float) -> str:
        """What this one run cost, by vCPU, memory and public address, of which Fargate bills a minute at least."""
        prices, region = read_prices(), self.target.region
        suffix = "arm64" if "ARM64" in str(task.raw.get("attributes", "")).upper() else "x86_64"
        hours = Decimal(max(seconds, 60.0)) / 3600
        each_hour = (
            Decimal(str(task.raw.get("cpu", 256))) / 1024 * prices.of(f"Fargate vCPU, {suffix}", region).usd
            + Decimal(str(task.raw.get("memory", 512))) / 1024 * prices.of(f"Fargate memory, {suffix}", region).usd
            + prices.of("public IPv4 address", region).usd
        )
        return f"${hours * each_hour:.4f} for {seconds:.0f} s"
