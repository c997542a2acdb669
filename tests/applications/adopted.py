"""Other people's kinds of application, adopted into a copy of the programs and rehearsed."""

import io
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console

from conducky.adoption import Options, adopt
from conducky.engine.ensure import ensure_engine
from conducky.rehearsal.checks import run_checks
from conducky.rehearsal.containers import ContainerEngine, Runtime
from conducky.rehearsal.images.node import require_node
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.report import Display
from conducky.rehearsal.session import Options as RehearseOptions
from conducky.rehearsal.session import Session
from conducky.repository import LAYERS
from conducky.signals import Interruption
from tests.fakes.container_proof import require_containers
from tests.scenarios.deployment import QUIET
from tests.scenarios.repository import with_stand_ins

HERE = Path(__file__).parent
BASE = "docker.io/library/node:24-bookworm-slim"


def base_image(engine: ContainerEngine) -> None:
    """Have the image that all of them begin with: Docker Hub's, or for Podman a stand-in where that is out of reach."""
    if not (engine.has_image(BASE) or engine.tell("pull", "--quiet", BASE)):
        node = require_node().joinpath("npm").resolve().parents[4]
        done = subprocess.run([HERE / "stand-in-image", node], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    require_containers(engine.name, BASE)


def adopted(root: Path, *names: str, frontend: Path | None = None) -> str:
    """Copy applications into a copy of the programs, and adopt them; what was printed."""
    with_stand_ins(root)
    for name in names:
        ignored = shutil.ignore_patterns("node_modules", ".next")
        shutil.copytree(HERE / name, root / name, ignore=ignored)
    printed = io.StringIO()
    console = Console(file=printed, width=200)
    adopt(Options(tuple(root / name for name in names), yes=True, root=root, frontend=frontend), console)
    return printed.getvalue()


@contextmanager
def rehearsed(root: Path, runtime: Runtime, port: int) -> Generator[httpx.Client]:
    """Bring everything up and check it; a client of its load balancer."""
    engine = ensure_engine(lambda _line: None)
    options = RehearseOptions("dev", port, once=False, json_file=None, root=root, runtime=runtime)
    lines: list[str] = []
    with Rehearsal("dev", engine=engine, port=port, progress=lines.append, root=root, runtime=runtime) as rehearsal:
        for layer in LAYERS:
            rehearsal.up(layer, QUIET)
        session = Session(options, rehearsal, Display(Console(file=io.StringIO())), Interruption())
        results = list(run_checks(session._checked()))  # pyright: ignore[reportPrivateUsage]  # what a rehearsal checks
        assert [each for each in results if not each.ok] == []
        assert not any("on the host instead" in line for line in lines) or runtime == "host", lines
        with httpx.Client(base_url=rehearsal.url(), trust_env=False, timeout=20) as client:
            yield client
