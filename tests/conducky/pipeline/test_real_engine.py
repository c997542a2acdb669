"""The real Pulumi: it takes the options that the pipeline gives it, and its exit codes and texts mean what we take."""

import contextlib
from collections.abc import Callable, Generator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pulumi as sdk
import pytest
from pulumi.automation._server import LanguageServer  # pyright: ignore[reportPrivateImportUsage]
from pulumi.runtime.proto import language_pb2_grpc

from conducky.deployment.pulumi_cli import CHANGES, PulumiCli
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import exported
from conducky.engine.ensure import ensure_engine
from conducky.engine.events import read_event_log
from conducky.errors import UserError
from conducky.pipeline import previews
from conducky.pipeline.drift import OPTIONS
from conducky.pipeline.stacks import provide_stack
from conducky.repository import LAYERS, ROOT, run_program
from tests.fakes.script import write_script

pytestmark = pytest.mark.engine


@dataclass
class Program:
    """What the program of the layer creates: that many things, or an error; the layer's real program instead."""

    things: int = 1
    error: UserError | None = None
    real: bool = False
    runs: list[int] = field(default_factory=list[int])

    def __call__(self) -> None:
        self.runs.append(self.things)
        if self.real:
            run_program("platform")
        if self.error:
            raise self.error
        for number in range(self.things):
            sdk.ComponentResource("conducky:test:Thing", f"thing-{number}")
        sdk.export("name_prefix", "conducky-dev-")


@contextlib.contextmanager
def served(program: Callable[[], None]) -> Generator[int]:
    """A language host for one program in this process; the port that it answers at."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageServer(program), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()


@pytest.fixture
def program() -> Program:
    return Program()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> Generator[PulumiCli]:
    """The layer `platform` of the stack `dev`, on the real engine with a state of its own."""
    engine = ensure_engine(lambda _: None)
    for folder in ("home", "state", "bin"):
        (tmp_path / folder).mkdir()
    for layer in LAYERS:
        (tmp_path / "root" / layer).mkdir(parents=True)
        (tmp_path / "root" / layer / "Pulumi.yaml").write_text(f"name: conducky-{layer}\nruntime: python\n")
    with served(program) as port:
        write_script(
            tmp_path / "bin" / "pulumi",
            "#!/bin/sh\n"
            f'case $3 in preview | up) set -- "$@" --client=127.0.0.1:{port} --exec-kind=auto.inline ;; esac\n'
            f'exec "{engine}" "$@"\n',
        )
        write_script(tmp_path / "bin" / "pulumi-language-python", "#!/bin/sh\n")
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{engine.parent}:/usr/bin:/bin")
        monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path / 'state'}")
        monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "fake-passphrase")
        monkeypatch.setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
        monkeypatch.setenv("PULUMI_DEBUG_COMMANDS", "true")
        monkeypatch.setenv("PULUMI_ORG", "organization")
        yield PulumiCli(Selection.of("dev", "platform"), tmp_path / "root")


def test_from_nothing_to_drift(cli: PulumiCli, program: Program, tmp_path: Path) -> None:
    """One walk, because each step of it costs the engine some seconds."""
    assert exported(cli, "platform") is None, "a stack that does not exist exports nothing"
    said: list[str] = []
    provide_stack(cli, said.append)
    provide_stack(cli, said.append)
    assert said == ["created the stack organization/dev of platform, which did not exist yet"]
    assert exported(cli, "platform") is None

    (first,) = previews.preview_layers(cli, layers=["platform"])
    assert first.state == "changes", first.text
    assert first.headline == "2 to create", first.text
    assert "no changes were expected" not in first.text
    assert "\x1b" not in first.text, "a comment has no colours"

    log = tmp_path / "events.json"
    assert cli.run("platform", "up", ["--yes", "--event-log", str(log)]) == 0
    watch = read_event_log(log, ROOT)
    assert watch is not None
    assert watch.causes() == ""
    assert exported(cli, "platform") == {"name_prefix": "conducky-dev-"}

    (same,) = previews.preview_layers(cli, OPTIONS, layers=["platform"])
    assert (same.state, same.headline) == ("unchanged", "no changes"), same.text

    program.things = 3
    (more,) = previews.preview_layers(cli, OPTIONS, layers=["platform"])
    assert (more.state, more.headline) == ("changes", "2 to create"), more.text

    program.error = UserError("no default VPC", "run `aws ec2 create-default-vpc`")
    (failed,) = previews.preview_layers(cli, OPTIONS, layers=["platform"])
    assert failed.state == "failed"
    assert f"error: {program.error}\n" in failed.text
    assert "Traceback" not in failed.text
    assert cli.run("platform", "up", ["--yes", "--event-log", str(log)]) not in {0, CHANGES}
    watch = read_event_log(log, ROOT)
    assert watch is not None
    assert watch.causes() == str(program.error)


def test_a_wrong_setting_is_one_line(cli: PulumiCli, program: Program, capfd: pytest.CaptureFixture[str]) -> None:
    """As `pulumi up` prints it in a terminal: the engine shows a traceback for anything but `pulumi.RunError`."""
    program.real = True
    provide_stack(cli, lambda _: None)
    cli.query("platform", "config", "set", "conducky-platform:databaseBackupDays", "99")
    capfd.readouterr()
    assert cli.run("platform", "up", ["--yes", "--skip-preview", "--color", "never"]) not in {0, CHANGES}
    printed = capfd.readouterr()
    output = printed.out + printed.err
    assert "Traceback" not in output
    assert 'File "' not in output
    lines = [line for line in output.splitlines() if "`databaseBackupDays` is `99`" in line]
    assert lines
    assert all("run `pulumi -C platform config set databaseBackupDays" in line for line in lines), "on the same line"
