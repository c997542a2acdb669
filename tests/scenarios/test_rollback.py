"""Ten releases that fail, days apart: what serves can be started again, and an older release comes back."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from conducky.images.live import tag_as_live
from conducky.rehearsal.images.lifecycle import Registry
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import APPLICATIONS
from tests.scenarios.deployment import BOTH, answers, refused, rehearsed, running, up, wait_for_both, works_again
from tests.scenarios.repository import copy_of, edit

pytestmark = [pytest.mark.engine, pytest.mark.slow]

FAILURES = 10
APART = timedelta(days=4)
BREAK = 'throw new Error("out of cheese {}"); server.listen'


class EcrClient:
    """What `tag_as_live` asks of boto3's client, answered from the rehearsal's registry."""

    def __init__(self, registry: Registry, registry_url: str) -> None:
        self._registry = registry
        self._url = registry_url

    def get_paginator(self, _operation: str) -> SimpleNamespace:
        def paginate(*, repositoryName: str, **_: object) -> Iterator[dict[str, Any]]:  # noqa: N803  # boto3's
            images = self._registry.images(f"{self._url}/{repositoryName}")
            yield {"imageDetails": [{"imageDigest": each.digest, "imageTags": [*each.tags]} for each in images]}

        return SimpleNamespace(paginate=paginate)

    def batch_get_image(self, **_: object) -> dict[str, Any]:
        return {"images": [{"imageManifest": "{}"}]}

    def put_image(self, *, repositoryName: str, imageDigest: str, imageTag: str, **_: object) -> None:  # noqa: N803
        self._registry.push(f"{self._url}/{repositoryName}", imageDigest, [imageTag])


def test_ten_failed_releases_and_then_a_rollback(stand_ins: Path, tmp_path: Path) -> None:
    repository = copy_of(stand_ins, tmp_path / "repository")
    source = repository / "backend" / "server.js"
    with rehearsed(repository, images=tmp_path / "images") as rehearsal:
        registry, now = rehearsal.stand_ins.images.registry, time.time()
        registry.clock = lambda: now
        up(rehearsal)
        old = proven(rehearsal)
        edit(source, 'status: "ok"', 'status: "newer"')
        now += 60
        up(rehearsal, "services")
        live = proven(rehearsal)
        assert status(rehearsal) == "newer"

        failed: list[str] = []
        for number in range(FAILURES):
            now += APART.total_seconds()
            edit(source, "server.listen", BREAK.format(number))
            assert f"out of cheese {number}" in refused(rehearsal, "services")
            edit(source, BREAK.format(number), "server.listen")
            failed += {each.digest for each in pushed(rehearsal)} - {old, live, *failed}
            assert status(rehearsal) == "newer"

        assert len(failed) == FAILURES
        left = {each.digest for each in pushed(rehearsal)}
        assert {old, live} <= left, "what was proven stays"
        assert not set(failed[:2]) & left, "what never served has expired after its 30 days"
        kill_the_task(rehearsal)
        assert status(rehearsal) == "newer", "ECS can start it again"

        edit(source, 'status: "newer"', 'status: "ok"')
        done = works_again(rehearsal, "services")["services"].operations
        assert not any("docker-build" in each and how == "create" for each, how in done.items()), "nothing is built"
        assert status(rehearsal) == "ok"
        assert old in {each.digest for each in pushed(rehearsal)}


def proven(rehearsal: Rehearsal) -> str:
    """Wait for the release, mark its images as live as `conducky verify` does; the digest of the backend's."""
    assert wait_for_both(rehearsal)
    registry = rehearsal.stand_ins.images.registry
    references = {name: str(running(rehearsal, name).container["image"]) for name in APPLICATIONS}
    for reference in references.values():
        client: Any = EcrClient(registry, reference.partition("/")[0])
        tag_as_live(client, reference, datetime.fromtimestamp(registry.clock(), UTC))
    return references["backend"].partition("@")[2]


def pushed(rehearsal: Rehearsal) -> list[Any]:
    reference = str(running(rehearsal, "backend").container["image"])
    return rehearsal.stand_ins.images.registry.images(reference.partition("@")[0])


def status(rehearsal: Rehearsal) -> str:
    return str(httpx.get(f"{rehearsal.url()}/api/status").json()["status"])


def kill_the_task(rehearsal: Rehearsal) -> None:
    """And wait until ECS has started another one."""
    service = running(rehearsal, "backend")
    (task,) = service.tasks
    os.kill(task.process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while service.tasks in ([task], []):
        assert time.monotonic() < deadline, "no other task was started"
        time.sleep(0.1)
    assert wait_for_both(rehearsal)
    assert answers(rehearsal) == BOTH
