"""The Pulumi command line with a script in its place, and a layer on the real engine."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pulumi import automation as auto

from conducky.engine.ensure import ensure_engine
from conducky.engine.events import LayerProgress, LayerResult
from conducky.rehearsal.account import Account
from conducky.rehearsal.handlers import StandIns
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.provider import PACKAGES, Provider, serve
from conducky.rehearsal.stacks.layer_stack import LayerFailedError, LayerStack, RehearsalPulumi
from tests.conducky.rehearsal.ecs.echo_app import wait_until
from tests.fakes.script import write_script

ROOT = Path("/the repository")
STACK = "urn:pulumi:dev::conducky-platform::pulumi:pulumi:Stack::conducky-platform-dev"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
QUIET = LayerProgress(lambda _what: None, lambda _count: None)


# The engine's processes


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Callable[[str], RehearsalPulumi]]:
    """Turns a shell script into an engine, in a run folder of its own."""

    def write(body: str) -> RehearsalPulumi:
        return RehearsalPulumi(write_script(tmp_path / "the engine" / "pulumi", body), run_folder)

    with RunFolder.create(tmp_path) as run_folder:
        yield write


@pytest.mark.engine
def test_a_commands_output_and_errors_are_kept_apart(script: Callable[[str], RehearsalPulumi], tmp_path: Path) -> None:
    engine = script('echo "$@"; echo "a warning" >&2; pwd; echo "$ADDED"')

    result = engine.run(["stack", "a b"], str(tmp_path), {"ADDED": "added"})

    assert result.stdout.splitlines() == ["--non-interactive stack a b", str(tmp_path), "added"]
    assert result.stderr == "a warning"
    assert result.code == 0


@pytest.mark.engine
def test_a_failing_command_is_the_automation_apis_error(
    script: Callable[[str], RehearsalPulumi], tmp_path: Path
) -> None:
    engine = script('echo "error: no stack named dev found" >&2; exit 255')

    with pytest.raises(auto.StackNotFoundError, match="no stack named dev found"):
        engine.run(["stack", "select", "dev"], str(tmp_path), {})


@pytest.mark.engine
def test_an_interrupted_engine_may_end_by_itself(script: Callable[[str], RehearsalPulumi], tmp_path: Path) -> None:
    engine = script("trap 'echo interrupted; exit 3' INT; touch begun; while :; do sleep 0.02; done")
    threading.Thread(target=lambda: _interrupt_when((tmp_path / "begun").exists, engine)).start()

    with pytest.raises(auto.CommandError, match="interrupted"):
        engine.run(["up"], str(tmp_path), {})


@pytest.mark.engine
def test_an_engine_that_ignores_the_interruption_is_killed(
    script: Callable[[str], RehearsalPulumi], tmp_path: Path
) -> None:
    engine = script("trap '' INT; touch begun; while :; do sleep 0.02; done")
    threading.Thread(target=lambda: _interrupt_when((tmp_path / "begun").exists, engine)).start()

    with pytest.raises(auto.CommandError, match=f"code: {-signal.SIGKILL}"):
        engine.run(["up"], str(tmp_path), {})


def _interrupt_when(holds: Callable[[], bool], engine: RehearsalPulumi) -> None:
    wait_until("the engine runs", holds)
    engine.interrupt(0.3)


# A layer on the real engine


class Repository:
    """A repository of one layer whose program a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bootstrap").mkdir(parents=True)
        (folder / "bootstrap" / "Pulumi.yaml").write_text("name: conducky-bootstrap\nruntime: python\n")
        (folder / "bootstrap" / "Pulumi.dev.yaml").write_text("config:\n  conducky-bootstrap:days: 7\n")

    def write(self, program: str) -> None:
        lines = ("import pulumi", "from conducky.errors import UserError", program)
        (self.folder / "bootstrap" / "__main__.py").write_text("\n".join(lines) + "\n")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "the repository")


@pytest.fixture
def layer(account: Account, repository: Repository, tmp_path: Path) -> Iterator[LayerStack]:
    """The repository's layer, on an engine whose provider is the account's."""
    engine = RehearsalPulumi(ensure_engine(lambda _line: None), account.folder)
    server, port = serve(Provider(account, StandIns(account, 18080).handlers()), engine.processes)
    folder = tmp_path / "of the layer"
    for name in ("state", "home"):
        (folder / name).mkdir(parents=True)
    yield LayerStack(
        "bootstrap",
        "dev",
        engine=engine,
        folder=folder,
        root=repository.folder,
        variables={
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "a test's",
            "PULUMI_DEBUG_PROVIDERS": ",".join(f"{package}:{port}" for package in PACKAGES),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_ACCESS_TOKEN": "",
        },
    )
    server.stop(0).wait()


def up(layer: LayerStack) -> LayerResult:
    return layer.up(QUIET)


def failure(layer: LayerStack) -> str:
    with pytest.raises(LayerFailedError) as failed:
        up(layer)
    return str(failed.value)


@pytest.mark.engine
def test_a_layer_on_the_real_engine(layer: LayerStack, repository: Repository, account: Account) -> None:
    program = f"""
days = pulumi.Config().require_int("days")
pulumi.CustomResource("{LOG_GROUP}", "logs", {{"retentionInDays": days}})
group = pulumi.CustomResource("aws:ec2/securityGroup:SecurityGroup", "group", {{"description": "DESCRIPTION"}})
pulumi.export("group", group.id)
"""
    stack_file = (repository.folder / "bootstrap" / "Pulumi.dev.yaml").read_text()

    repository.write(program)
    assert up(layer).changes == {"create": 2}
    (before,) = account.of("aws:ec2/securityGroup:SecurityGroup")
    assert layer.outputs() == {"group": before["id"]}

    repository.write(program.replace("DESCRIPTION", "another"))
    assert up(layer).resources == 2
    (after,) = account.of("aws:ec2/securityGroup:SecurityGroup")
    assert after["id"] != before["id"], "a replacement is another group"
    assert layer.outputs() == layer.exports() == {"group": after["id"]}

    layer.set_config("days", "15")
    assert "`retentionInDays` is 15 and must be one of" in failure(layer)
    layer.set_config("days", None)
    (repository.folder / "bootstrap" / "Pulumi.dev.yaml").write_text(stack_file.replace("7", "14"))
    assert up(layer).operations == {f"{LOG_GROUP} logs": "update"}, "an edited stack file counts"
    (repository.folder / "bootstrap" / "Pulumi.dev.yaml").write_text(stack_file)

    repository.write('raise UserError("JWT_SECRET is missing: run `export JWT_SECRET=…`")')
    assert failure(layer) == "JWT_SECRET is missing: run `export JWT_SECRET=…`"
    repository.write('pulumi.runtime.invoke("aws:s3/getBucket:getBucket", {}).value')
    message = failure(layer)
    assert message.startswith("bootstrap/__main__.py:3: ")
    assert message.endswith("add one to `LOOKUPS` in conducky/catalog/lookups.py")

    assert layer.destroy(QUIET).changes == {"delete": 2}
    assert account.of(LOG_GROUP) == []
    assert (repository.folder / "bootstrap" / "Pulumi.dev.yaml").read_text() == stack_file


@pytest.mark.engine
def test_an_engine_does_not_read_what_another_one_printed(
    script: Callable[[str], RehearsalPulumi], tmp_path: Path
) -> None:
    first = script('echo "of $1"')
    second = RehearsalPulumi(Path(first.command), first._folder)  # pyright: ignore[reportPrivateUsage]
    assert [engine.run(["x"], str(tmp_path), {}).stdout for engine in (first, second)] == ["of --non-interactive"] * 2


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore:Error in event stream")
def test_an_engine_that_was_killed_is_followed_by_one_that_works(
    layer: LayerStack, repository: Repository, tmp_path: Path
) -> None:
    """Its lock and the operations that it had begun are removed, and its state was renamed into place as a whole."""
    here = tmp_path / "here"
    begin = f'pulumi.CustomResource("{LOG_GROUP}", "logs", {{}})\nopen({str(here)!r}, "w").close()\n'
    repository.write(f"{begin}import time\ntime.sleep(30)")
    threading.Thread(target=lambda: _kill_when(here.exists, layer)).start()
    assert "the engine was killed while it worked on bootstrap: run it again" in failure(layer)
    assert layer.killed
    state = tmp_path / "of the layer" / "state"
    assert [*state.rglob("dev.json")]
    assert not [*state.rglob("*.attrs")], "an empty one, written half, would make the state unreadable"

    layer.recover()

    repository.write(begin)
    assert up(layer).resources == 1
    assert {token for token, _ in layer.known() if token == LOG_GROUP} == {LOG_GROUP}
    assert not layer.killed


def _kill_when(begun: Callable[[], bool], layer: LayerStack) -> None:
    wait_until("the program runs", begun)
    engine = layer._stack.workspace.pulumi_command  # pyright: ignore[reportPrivateUsage]
    assert isinstance(engine, RehearsalPulumi)
    for process in engine._running:  # pyright: ignore[reportPrivateUsage]
        os.kill(process.pid, signal.SIGKILL)


@pytest.mark.engine
def test_an_engine_prints_nothing_on_the_persons_terminal(
    script: Callable[[str], RehearsalPulumi], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script("echo output; echo error >&2").run(["version"], str(tmp_path), {})

    assert capfd.readouterr() == ("", "")
