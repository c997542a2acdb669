"""The three programs on the real engine, with two applications of other people's kind as real containers."""

import subprocess
from pathlib import Path

import httpx
import pytest

from conducky.engine.ensure import ensure_engine
from conducky.rehearsal.containers import ContainerEngine
from conducky.rehearsal.ecs.container_task import ContainerTask
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import LAYERS
from tests.conducky.rehearsal.containers.podman_image import BASE, create_base_image
from tests.scenarios.deployment import QUIET
from tests.scenarios.repository import with_stand_ins

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.usefixtures("podman_is_found"),
]


@pytest.fixture(scope="module")
def podman_is_found(container_engine: ContainerEngine) -> None:
    if container_engine.name != "podman":
        pytest.skip("a rehearsal takes Docker here, and the base image is made with Podman")


# One root context and two Dockerfiles; the backend has its own port, health path, variable, and no secret at all.
SETTINGS = """
  conducky-services:backend:
    {context: shop, dockerfile: api/Dockerfile, port: 8080, healthPath: /api/up, secrets: [API_KEY], user: image,
     variables: {GREETING: hello}, addresses: {SITE_URL: frontend}}
  conducky-services:frontend: {context: shop, dockerfile: web/Dockerfile, target: run}
"""
SERVER = """
const { createServer } = require("node:http");
const answer = ({ url }, to) => to.writeHead(200).end(JSON.stringify({ url, ...process.env }));
createServer(answer).listen(process.env.PORT);
process.on("SIGTERM", () => process.exit(0));
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = with_stand_ins(tmp_path / "repository")
    stack = root / "services" / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text() + SETTINGS)
    (root / "shop").mkdir()
    (root / "shop" / "server.js").write_text(SERVER)
    for name, rest in (("api", "USER 1000:1000\n"), ("web", "FROM scratch\n")):
        (root / "shop" / name).mkdir()
        text = f'FROM {BASE} AS run\nWORKDIR /app\nCOPY server.js .\nCMD ["node", "server.js"]\n{rest}'
        (root / "shop" / name / "Dockerfile").write_text(text)
    return root


def test_applications_of_any_kind_come_up_by_settings_alone(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_base_image()
    for name in ("JWT_SECRET", "SESSION_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("API_KEY", "of a third party")
    engine = ensure_engine(lambda _line: None)
    with Rehearsal(
        "dev", engine=engine, port=18910, progress=lambda _line: None, root=repository, runtime="containers"
    ) as rehearsal:
        for layer in LAYERS:
            rehearsal.up(layer, QUIET)
        tasks = [task for each in rehearsal.stand_ins.services.running.values() for task in each.tasks]
        assert all(isinstance(task, ContainerTask) for task in tasks)
        url = rehearsal.url()
        backend = httpx.get(f"{url}/api/any", trust_env=False).json()
        wanted = {"PORT": "8080", "GREETING": "hello", "SITE_URL": url, "API_KEY": "of a third party"}
        assert backend.items() >= wanted.items()
        assert "JWT_SECRET" not in backend
        assert httpx.get(url, trust_env=False).json()["url"] == "/"
        again = {layer: rehearsal.up(layer, QUIET).operations for layer in LAYERS}
        assert not any(again.values())
        label = f"label=org.conducky.rehearsal={rehearsal.folder.path.name}"
    for what in ("ps --all", "network ls", "volume ls"):
        left = subprocess.run(["podman", *what.split(), "--quiet", "--filter", label], capture_output=True, check=True)
        assert left.stdout == b"", what
