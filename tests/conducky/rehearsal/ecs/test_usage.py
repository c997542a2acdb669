"""How much of their share tasks use, measured on real processes."""

import os
import time
from types import SimpleNamespace
from typing import cast

import pytest

from conducky.rehearsal.ecs.service import RunningService
from conducky.rehearsal.ecs.usage import Usage
from tests.conducky.rehearsal.client import Client

DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"


@pytest.fixture
def service(client: Client) -> RunningService:
    """A service whose one task is this process."""
    inputs = {"family": "one", "cpu": "256", "memory": "512", "containerDefinitions": '[{"name": "one"}]'}
    definition = client.create(DEFINITION, "one", inputs)
    task = SimpleNamespace(name="task", process=SimpleNamespace(pid=os.getpid()))
    return cast("RunningService", SimpleNamespace(inputs={"taskDefinition": definition["arn"]}, tasks=[task]))


def test_the_cpu_is_what_was_used_since_the_last_time(client: Client, service: RunningService) -> None:
    now = [100.0]
    usage = Usage(client.account, lambda: now[0])
    assert usage.cpu(service) == 0, "the first time there is nothing to compare with"
    begin = time.process_time()
    while time.process_time() < begin + 0.2:
        pass
    now[0] += 10
    assert usage.cpu(service) >= 100 * 0.15 / 0.25 / 10


def test_the_memory_is_a_share_of_the_tasks(client: Client, service: RunningService) -> None:
    assert Usage(client.account, lambda: 0.0).memory(service) > 1


def test_a_task_that_ended_uses_nothing(client: Client, service: RunningService) -> None:
    service.tasks[0].process.pid = 2**22 - 1  # pyright: ignore[reportAttributeAccessIssue]
    usage = Usage(client.account, lambda: 0.0)
    assert (usage.cpu(service), usage.memory(service)) == (0, 0)
