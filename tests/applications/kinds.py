"""Six applications of kinds seen in the field come up after `conducky adopt`: the tests, for both runtimes."""

import re
from pathlib import Path

import pytest

from conducky.rehearsal.containers import Runtime, find_engine
from tests.applications.adopted import adopted, base_image, rehearsed
from tests.scenarios.repository import edit


@pytest.fixture
def root(tmp_path: Path, runtime: Runtime) -> Path:
    """Where the copy of the programs goes; `runtime` is a fixture of the test files."""
    if engine := find_engine(runtime):
        base_image(engine)
    return tmp_path / "the repository"


def test_next_js_standalone_and_express_with_pnpm_and_tini(root: Path, runtime: Runtime) -> None:
    adopted(root, "next-standalone", "express-pnpm")
    with rehearsed(root, runtime, 18920) as client:
        url = str(client.base_url).rstrip("/")
        assert url in client.get("/").text
        assert client.get("/healthz").json() == {"ok": True}
        seen = client.get("/v1/settings").json()
        assert {**seen, "user": 1000} == {"origin": url, "level": "debug", "signed": True, "user": 1000}
        assert seen["user"] == 1000 or runtime == "host"


def test_one_that_builds_at_start_for_90_seconds(root: Path, runtime: Runtime) -> None:
    printed = adopted(root, "builds-at-start", frontend=root / "builds-at-start" / "Dockerfile")
    assert "the script `start` of builds-at-start/package.json builds it before it answers" in printed
    if runtime == "host":  # The same there, and once is enough
        edit(root / "builds-at-start" / "build.mjs", "?? 90", "?? 1")
    with rehearsed(root, runtime, 18930) as client:
        assert str(client.base_url).rstrip("/") in client.get("/").text


def test_prisma_6_with_its_own_seed_in_the_entry_point(root: Path, runtime: Runtime) -> None:
    assert re.search(r"docker-entrypoint\.sh:\d+ runs those of Prisma 6", adopted(root, "prisma-6"))
    with rehearsed(root, runtime, 18960) as client:
        assert [each["name"] for each in client.get("/api/products").json()] == ["tea", "coffee"]


def test_a_monorepo_with_one_context_and_two_dockerfiles(root: Path, runtime: Runtime) -> None:
    adopted(root, "monorepo")
    with rehearsed(root, runtime, 18940) as client:
        assert f"Hello from the web, with {str(client.base_url).rstrip('/')}" in client.get("/").text
        assert client.get("/api/greeting").json() == "Hello from the API"


def test_a_backend_without_a_database(root: Path, runtime: Runtime) -> None:
    adopted(root, "no-database")
    with rehearsed(root, runtime, 18950) as client:
        assert client.get("/api/rates").json() == {"path": "/api/rates", "provider": "ecb", "hasKey": True}
