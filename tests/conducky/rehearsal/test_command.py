"""What a person gets of a rehearsal, in front of one that only notes what it does."""

import io
import json
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import Mock

import pytest
from rich.console import Console

from conducky.engine.events import LayerResult
from conducky.errors import UserError
from conducky.rehearsal import log_book, session
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.checks import CheckResult
from conducky.rehearsal.command import rehearse
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.report import Display
from conducky.rehearsal.session import Options, Session
from conducky.rehearsal.stacks.layer_stack import LayerFailedError
from conducky.repository import LAYERS
from conducky.signals import Interruption

URL = "http://localhost:8080"

Change = Callable[[str, Mapping[str, str | None], Sequence[str]], None]


class Night:
    """A schedule whose next moments these are; `broken` is what its calls fail with."""

    def __init__(self, *moments: str, broken: str = "") -> None:
        self.moments, self.broken = list(moments), broken

    def upcoming(self) -> tuple[datetime, list[object]] | None:
        return (datetime(2026, 11, 23, 19, 0, tzinfo=UTC), []) if self.moments else None

    def advance(self) -> list[str]:
        moment = self.moments.pop(0)
        if self.broken:
            raise ResourceFailedError(self.broken, "check platform/")
        return [f"conducky-dev-{part}-{moment}" for part in ("backend", "frontend")]


class NotedRehearsal:
    """Brings up every layer but `failing`, and removes every layer but `sticking`."""

    def __init__(self, failing: str = "", sticking: str = "", port: int = 8080) -> None:
        self.failing, self.sticking = failing, sticking
        self.same: tuple[str, ...] = ()
        self.calls: list[str] = []
        self.stack, self.shown = "dev", "frontend"
        self.account = SimpleNamespace(stopping=threading.Event(), redact=str)
        self.folder = SimpleNamespace(path=Path("/run folder"))
        self.stand_ins = SimpleNamespace(
            databases=None,
            load_balancers=SimpleNamespace(listeners={"arn": port}),
            schedules=Night(),
            services=SimpleNamespace(
                egress=SimpleNamespace(tried={}), execute=None, fargate=SimpleNamespace(stops={"backend": True})
            ),
        )

    def up(self, name: str, _progress: object, _replace: object = ()) -> LayerResult:
        self.calls.append(f"up {name}")
        if name == self.failing:
            raise LayerFailedError(f"{name} [failed]")
        return LayerResult(name, 3, {"create": 3}, 1.5)

    def destroy(self, name: str, _progress: object) -> LayerResult:
        self.calls.append(f"destroy {name}")
        if name == self.sticking:
            raise LayerFailedError(f"{name} is in use")
        return LayerResult(name)

    def unchanged(self, name: str) -> LayerResult | None:
        return LayerResult(name, 3, {"same": 3}) if name in self.same and f"up {name}" in self.calls else None

    def layer(self, _name: str) -> SimpleNamespace:
        return SimpleNamespace(outputs=dict)

    def url(self, _application: str = "frontend") -> str:
        return URL

    def http_url(self, _application: str) -> None:
        return None

    def cost(self) -> str:
        return "dev costs about $49.43 a month on AWS"

    def states(self) -> dict[str, str]:
        return {}

    def stop(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        self.calls.append("close")


class Keys(Interruption):
    """A person who types these keys, and ends the rehearsal after the last one."""

    def __init__(self, *keys: str) -> None:
        super().__init__()
        self.keys = list(keys)
        self.lent: list[str] = []

    def reads_keys(self) -> bool:
        return bool(self.keys)

    def wait(self) -> str | None:
        return self.keys.pop(0) if self.keys else None

    def lend_terminal(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self.lent.append(f"{' '.join(command[1:])} in {variables['CONDUCKY_REHEARSAL']}")


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> list[CheckResult]:
    """What the checks find."""
    found = [CheckResult("page served", ok=True, detail="7 KiB")]
    monkeypatch.setattr(session, "run_checks", lambda _checked: found)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return found


@pytest.fixture(autouse=True)
def links(monkeypatch: pytest.MonkeyPatch) -> list[str | UserError | None]:
    """What comes of asking for an administrator's link, in turn; the last one again and again."""
    found: list[str | UserError | None] = [None]

    def link(_checked: object) -> str | None:
        answer = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(answer, UserError):
            raise answer
        return answer

    monkeypatch.setattr(session, "first_administrator", link)
    return found


@pytest.fixture(autouse=True)
def changes(monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """What commands in other terminals change a served rehearsal by."""
    served: list[Change] = []

    class Api:
        def __init__(self, _rehearsal: object, deploy: Change) -> None:
            self.deploy = deploy

        def served(self) -> AbstractContextManager[None]:
            served.append(self.deploy)
            return nullcontext()

    monkeypatch.setattr(session, "RehearsalApi", Api)
    return served


def run(rehearsal: NotedRehearsal, *keys: str, once: bool = False, json_file: Path | None = None) -> tuple[int, str]:
    """The exit code and the output of a session."""
    output = io.StringIO()
    display = Display(Console(file=output, width=200))
    options = Options("dev", 8080, once, json_file)
    typed = Session(options, cast("Rehearsal", cast("object", rehearsal)), display, Keys(*keys))
    return typed.run(), output.getvalue()


def test_once_brings_up_checks_and_removes_in_reverse(tmp_path: Path) -> None:
    rehearsal, file = NotedRehearsal(), tmp_path / "out.json"

    code, output = run(rehearsal, once=True, json_file=file)

    assert code == 0
    assert rehearsal.calls == [*(f"up {name}" for name in LAYERS), *(f"destroy {name}" for name in reversed(LAYERS))]
    assert "page served" in output
    assert URL in output
    assert set(json.loads(file.read_text())["seconds"]) == {*LAYERS, "checks", "total", "destroy"}


def test_without_a_frontend_the_address_is_the_backends(tmp_path: Path) -> None:
    rehearsal = NotedRehearsal()
    rehearsal.shown = "backend"
    _, output = run(rehearsal, once=True, json_file=tmp_path / "out.json")
    assert f"backend   {URL}  ready in" in output
    assert "frontend  http" not in output


def test_an_application_that_had_to_be_killed_at_the_end_is_a_failure(tmp_path: Path) -> None:
    rehearsal = NotedRehearsal()
    rehearsal.stand_ins.services.fargate.stops["backend"] = False
    code, output = run(rehearsal, once=True, json_file=tmp_path / "out.json")
    assert code == 1
    assert "the backend did not end within 30 s of SIGTERM" in output
    checks = json.loads((tmp_path / "out.json").read_text())["checks"]
    assert [check["ok"] for check in checks if check["name"] == "ends on SIGTERM"] == [False]


def test_a_layer_that_fails_is_reported_and_what_is_up_is_removed(tmp_path: Path) -> None:
    rehearsal, file = NotedRehearsal(failing="services"), tmp_path / "out.json"

    code, output = run(rehearsal, once=True, json_file=file)

    assert code == 1
    assert "✗ services [failed]" in output
    assert rehearsal.calls[-2:] == ["destroy platform", "destroy bootstrap"]
    assert [layer["name"] for layer in json.loads(file.read_text())["layers"]] == ["bootstrap", "platform"]


def test_a_failed_check_is_a_failure(checks: list[CheckResult]) -> None:
    checks.append(CheckResult("targets healthy", ok=False, detail="a target is unhealthy"))

    assert run(NotedRehearsal(), once=True)[0] == 1


def test_a_layer_that_cannot_be_removed_is_a_failure() -> None:
    code, output = run(NotedRehearsal(sticking="platform"), once=True)

    assert code == 1
    assert "✗ platform is in use" in output


def test_u_deploys_again_and_the_end_of_the_input_ends_it() -> None:
    rehearsal = NotedRehearsal()

    code, output = run(rehearsal, "u", "u")

    assert code == 0
    assert rehearsal.calls == [*([f"up {name}" for name in LAYERS] * 3), "close"]
    assert output.endswith("ended; nothing is left running\n")


def test_l_and_d_show_the_logs_and_the_database_of_this_rehearsal() -> None:
    keys, display = Keys("l", "d"), Display(Console(file=io.StringIO(), width=200))
    rehearsal = cast("Rehearsal", cast("object", NotedRehearsal()))

    assert Session(Options("dev", 8080, once=False, json_file=None), rehearsal, display, keys).run() == 0

    options = "--rehearsal --stack dev in /run folder"
    assert keys.lent == [f"logs --follow {options}", f"database shell {options}"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser opened."""
    found: list[str] = []
    monkeypatch.setattr(session, "open_browser", lambda address: found.append(address) is None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return found


def test_o_opens_the_first_link_once_and_then_the_application(
    links: list[str | UserError | None], opened: list[str]
) -> None:
    links[:] = [f"{URL}/join#token"]

    assert run(NotedRehearsal(), "o", "o")[0] == 0
    assert opened == [f"{URL}/join#token", URL]


def test_without_a_browser_o_says_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "open_browser", lambda _address: False)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    _, output = run(NotedRehearsal(), "o")

    assert "no browser can be opened here" in output
    assert output.splitlines()[-2] == URL


def test_q_ends_it_and_an_unknown_key_shows_the_keys() -> None:
    rehearsal = NotedRehearsal()

    code, output = run(rehearsal, "x", "?", "q", "u")

    assert code == 0
    assert output.count("u: deploy again · l: logs · d: database · o: open the browser · q, Ctrl-C: end") == 3
    assert rehearsal.calls == [*(f"up {name}" for name in LAYERS), "close"], "nothing is done after q"
    assert output.endswith("ended; nothing is left running\n")


def test_that_it_ended_is_printed_only_once_nothing_is_left() -> None:
    rehearsal = NotedRehearsal()

    def closes_badly() -> None:
        raise OSError("a process remains")

    rehearsal.close = closes_badly
    output = io.StringIO()
    options, display = Options("dev", 8080, once=False, json_file=None), Display(Console(file=output))
    with pytest.raises(OSError, match="remains"):
        Session(options, cast("Rehearsal", cast("object", rehearsal)), display, Keys("q")).run()
    assert "ended" not in output.getvalue()


def test_a_failure_stays_in_front_of_a_person_who_fixes_it_and_presses_u() -> None:
    rehearsal = NotedRehearsal(failing="services")
    keys = Keys("u", "u")

    def fix(self: Keys) -> str | None:
        rehearsal.failing = "" if len(self.keys) == 1 else rehearsal.failing
        return self.keys.pop(0) if self.keys else None

    keys.wait = lambda: fix(keys)
    output = io.StringIO()
    options = Options("dev", 8080, once=False, json_file=None)
    display = Display(Console(file=output, width=60))
    code = Session(options, cast("Rehearsal", cast("object", rehearsal)), display, keys).run()

    assert code == 0
    text = output.getvalue()
    assert text.count("✗ services [failed]") == 2
    assert "conducky logs --rehearsal --stack dev" in text
    assert "/run folder/logs" in text
    assert text.index("✗ services") < text.index("/run folder/logs"), "the cause comes first"
    assert text.rindex(URL) > text.rindex("✗ services")


def test_after_a_failure_the_application_is_as_it_was_before() -> None:
    rehearsal, keys = NotedRehearsal(), Keys("u", "u")

    def break_it() -> str | None:
        rehearsal.failing = "services" if len(keys.keys) == 2 else ""
        return keys.keys.pop(0) if keys.keys else None

    keys.wait = break_it
    output = io.StringIO()
    session = Session(
        Options("dev", 8080, once=False, json_file=None),
        cast("Rehearsal", cast("object", rehearsal)),
        Display(Console(file=output, width=60)),
        keys,
    )
    assert session.run() == 0
    shown = [line.split("  ")[-1] for line in output.getvalue().splitlines() if line.startswith("frontend  ")]
    assert shown == ["ready in 0 s", "as it was before", "ready in 0 s"]


def test_a_failure_that_was_not_fixed_is_exit_code_1() -> None:
    assert run(NotedRehearsal(failing="platform"), "q")[0] == 1


def test_where_nobody_can_press_a_key_a_failure_ends_it() -> None:
    rehearsal = NotedRehearsal(failing="platform")

    code, output = run(rehearsal)

    assert code == 1
    assert "press u" not in output


@pytest.mark.parametrize(
    ("same", "again"),
    [
        (("bootstrap", "platform", "services"), ["services"]),
        (("platform",), ["bootstrap", "platform", "services"]),
        (("bootstrap",), ["platform", "services"]),
    ],
)
def test_u_asks_for_no_layer_that_is_as_it_was_with_all_below(same: tuple[str, ...], again: list[str]) -> None:
    rehearsal = NotedRehearsal()
    rehearsal.same = same

    _, output = run(rehearsal, "u")

    assert rehearsal.calls[len(LAYERS) :] == [*(f"up {name}" for name in again), "close"]
    assert output.count("3 unchanged") == len(LAYERS) - len(again)


@pytest.mark.parametrize(("port", "message"), [(8080, False), (8081, True)])
def test_a_port_that_was_not_free_is_mentioned(port: int, *, message: bool) -> None:
    assert ("port 8080 was not free" in run(NotedRehearsal(port=port), once=True)[1]) is message


@pytest.mark.parametrize("name", ["missing/out.json", "."])
def test_a_file_that_cannot_be_written_is_refused_first(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError) as refused:
        rehearse(Options("dev", 8080, once=True, json_file=tmp_path / name), Console(file=io.StringIO()))

    assert "out.json" in refused.value.fix


def test_a_temporary_folder_whose_path_is_too_long_for_sockets_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 25)))
    with pytest.raises(UserError) as refused:
        rehearse(Options("dev", 8080, once=True, json_file=None), Console(file=io.StringIO()))

    assert "export TMPDIR=/tmp" in refused.value.fix


def test_the_administrators_link_is_printed_whole_until_somebody_used_it(links: list[str | UserError | None]) -> None:
    links[:] = [f"{URL}/join#{'t' * 300}", f"{URL}/join#second", None]

    _, output = run(NotedRehearsal(), "u", "u")

    lines = output.splitlines()
    assert lines.count(f"{URL}/join#{'t' * 300}") == 1
    assert lines.count(f"{URL}/join#second") == 1
    assert output.count("/join#") == 2


def test_no_link_is_printed_where_nobody_could_open_it(links: list[str | UserError | None]) -> None:
    links[:] = [f"{URL}/join#token"]

    assert "/join#" not in run(NotedRehearsal(), once=True)[1]


def test_why_there_is_no_link_is_printed(links: list[str | UserError | None]) -> None:
    links[:] = [UserError("`node dist/administrator-link.js` failed in the container backend: no database")]

    code, output = run(NotedRehearsal())

    assert code == 0
    assert "failed in the container backend: no database" in output


def test_other_terminals_reach_a_rehearsal_that_stays_and_change_one_layer(
    changes: list[Change],
) -> None:
    run(NotedRehearsal(), once=True)
    assert changes == [], "it is gone in a moment"
    rehearsal = NotedRehearsal()
    set_to: dict[str, str | None] = {}
    rehearsal.layer = lambda _name: SimpleNamespace(outputs=dict, set_config=set_to.__setitem__)  # pyright: ignore[reportAttributeAccessIssue]
    _, output = run(rehearsal)
    assert "conducky status --rehearsal" in output
    (change,) = changes
    change("services", {"backendImage": "sha256:1", "frontendImage": None}, [])
    assert set_to == {"backendImage": "sha256:1", "frontendImage": None}
    assert rehearsal.calls[-1] == "up services"


def test_n_advances_the_clock_to_what_the_schedule_does_next() -> None:
    rehearsal = NotedRehearsal()
    rehearsal.stand_ins.schedules = night = Night("stop", "start")

    code, output = run(rehearsal, "n", "n", "u")

    assert code == 0
    assert output.count("n: continue at Monday 19:00 UTC") == 2, "each time while there is a next moment"
    assert "conducky-dev-backend-stop: done" in output
    assert "conducky-dev-frontend-start: done" in output
    assert night.moments == []
    assert rehearsal.calls == [*([f"up {name}" for name in LAYERS] * 2), "close"], "u deploys, n does not"


def test_a_scheduled_call_that_fails_is_told_and_the_rehearsal_continues() -> None:
    rehearsal = NotedRehearsal()
    rehearsal.stand_ins.schedules = Night("start", broken="the tasks do not become healthy")

    code, output = run(rehearsal, "n", "u")

    assert code == 0
    assert "the tasks do not become healthy" in output
    assert "Traceback" not in output
    assert rehearsal.calls == [*([f"up {name}" for name in LAYERS] * 2), "close"]


def test_what_servers_write_is_shown_also_beyond_what_the_log_book_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_book, "_MOST_LINES", 2)
    rehearsal, output = NotedRehearsal(), io.StringIO()
    rehearsal.folder.path, log = tmp_path, tmp_path / "logs" / "backend-1.log"
    log.parent.mkdir()
    log.write_text("one\ntwo\n")
    ends = iter([False, False, True])

    def wait(_seconds: float) -> bool:
        if len(output.getvalue().splitlines()) == 2:
            log.write_text("one\ntwo\nthree\nfour\n")
        return next(ends)

    rehearsal.account.stopping = SimpleNamespace(wait=wait)
    options, display = Options("dev", 8080, once=False, json_file=None, develop=True), Display(Console(file=output))
    shown = Session(options, cast("Rehearsal", cast("object", rehearsal)), display, Keys())
    shown._show_logs()  # pyright: ignore[reportPrivateUsage]
    assert [line.split("│ ")[1] for line in output.getvalue().splitlines()] == ["one", "two", "three", "four"]


def test_a_service_that_waits_says_why_its_new_task_is_not_healthy() -> None:
    rehearsal = NotedRehearsal()
    inputs = {"name": "conducky-dev-backend", "desiredCount": 1, "loadBalancers": [{"targetGroupArn": "arn"}]}
    service = SimpleNamespace(inputs=inputs, tasks=[], steady=False)
    rehearsal.stand_ins.services.running = {"arn": service}
    target = SimpleNamespace(state="initial", reason="GET /health did not answer within 5 s")
    rehearsal.stand_ins.load_balancers.server = Mock(target_health=Mock(return_value=[target]))
    options, display = Options("dev", 8080, once=False, json_file=None), Display(Console(file=io.StringIO()))
    session = Session(options, cast("Rehearsal", cast("object", rehearsal)), display, Keys())
    waits = "conducky-dev-backend: 0 of 1 tasks healthy"
    assert [*session._health()] == [f"{waits}: GET /health did not answer within 5 s"]  # pyright: ignore[reportPrivateUsage]
    target.state = "draining"
    assert [*session._health()] == [f"{waits}, waiting for new ones"]  # pyright: ignore[reportPrivateUsage]


def test_without_a_schedule_nobody_offers_to_advance_the_clock() -> None:
    _, output = run(NotedRehearsal())
    assert "n: continue" not in output
