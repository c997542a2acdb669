"""What commands for every day cost beyond the answers of AWS: `status` on a rehearsal, the calls of `logs --follow`."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conducky.engine.ensure import ensure_engine
from conducky.engine.events import LayerProgress
from conducky.naming import Names
from conducky.operations.logs import LogReader, Query
from conducky.operations.target import Target
from conducky.rehearsal.api import RehearsalApi
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import APPLICATIONS, LAYERS, ROOT
from conducky.verification.ecs import AwsClients
from tools.bench.row import Row

_QUIET = LayerProgress(lambda _what: None, lambda _count: None)
_FOLLOWED_SECONDS = 600.0


def measure_day_two() -> Iterator[Row]:
    """`status` in a process of its own, where each answer is there at once; `--follow` by a clock that jumps."""
    for what, pages in (("quiet", 1), ("four pages of lines at a time", 4)):
        calls = calls_a_second(pages)
        yield Row(f"conducky logs --follow, {what}: calls for each group", f"{calls:.2g} a second", "< 1", calls >= 1)
    engine = ensure_engine(lambda _line: None)
    with Rehearsal("dev", engine=engine, port=8080, progress=lambda _line: None, root=ROOT) as rehearsal:
        for layer in LAYERS:
            rehearsal.up(layer, _QUIET)
        with RehearsalApi(rehearsal, _refuse).served():
            for options in ([], ["--json"]):
                seconds, cpu = _status(rehearsal, options)
                what = " ".join(["conducky status", *options])
                yield Row.at_most(
                    f"{what}, beyond the answers of AWS and Pulumi", seconds, 2, "s", f" ({cpu:.1f} CPU s)"
                )


def _refuse(_layer: str, _settings: Mapping[str, str | None], _replace: Sequence[str]) -> None:
    raise AssertionError("the bench deploys nothing")


def _status(rehearsal: Rehearsal, options: Sequence[str]) -> tuple[float, float]:
    """Seconds by the clock and of a processor."""
    command = [Path(sys.executable).with_name("conducky"), "status", "--rehearsal", *options]
    environment = {**os.environ, "TMPDIR": str(rehearsal.folder.path.parent)}
    begin, before = time.monotonic(), os.times()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - begin, cpu


@dataclass
class _Log:
    """A log group whose every answer has this many pages, of one line each."""

    pages: int
    asked: int = 0

    def filter_log_events(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401  # as boto3's
        self.asked += 1
        page = int(request.get("nextToken", "1"))
        more = {"nextToken": str(page + 1)} if page < self.pages else {}
        event = {"eventId": str(self.asked), "logStreamName": "a/a/task", "timestamp": self.asked, "message": "a line"}
        return {"events": [event], **more}


def calls_a_second(pages: int) -> float:
    """Calls a second for each log group, while it is followed."""
    log, clock = _Log(pages), [0.0]
    target = Target("dev", Names("conducky", "dev"), "us-east-1", "123456789012")
    clients: Any = AwsClients(log, log)  # pyright: ignore[reportArgumentType]
    vars(target)["aws"] = clients

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    reader = LogReader(target, Query(APPLICATIONS, datetime.now(UTC)), lambda _line: None, sleep)
    lines = reader.follow()
    while clock[0] < _FOLLOWED_SECONDS:
        next(lines)
    return log.asked / clock[0] / len(APPLICATIONS)
