"""What the applications need: processor time to start and for each answer, memory, and what they answer in a second.

Wall times differ several-fold between computers; processor time less, and ratios to the bare answers beside ours least.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx

from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.processes.run_folder import RunFolder
from tools.bench import seed
from tools.bench.application import Application, build, running
from tools.bench.cpu_quota import CpuQuota, NoQuotaError, cpu_quota
from tools.bench.load import LoadResult, load
from tools.bench.page_weight import first_page
from tools.bench.row import Row, guarded

_QUARTER = 0.25
_MOST_MB = 180
_LEAST_PAGES = 100
_SECRET = "fake-session-secret-of-the-bench-000000"  # noqa: S105 - visibly none
_BARE = Path(__file__).parent / "bare"
_REPORT = {"title": "What happened", "description": "Somebody was shouted at in the hallway. " * 10}


@dataclass(frozen=True)
class _Bench:
    folder: RunFolder
    authority: CertificateAuthority
    progress: Callable[[str], None]
    numbers: Iterator[int]

    @contextmanager
    def database(self) -> Generator[PostgresServer]:
        """An empty database of its own."""
        database = PostgresServer(
            self.folder,
            name=f"bench{next(self.numbers)}",
            username="conducky",
            password="fake-password",  # noqa: S106
            database="conducky",
            parameters={},
            certificate=self.authority,
            progress=self.progress,
        )
        try:
            yield database
        finally:
            database.stop()

    @contextmanager
    def backend(
        self, image: BuiltImage, quota: CpuQuota | None, database: PostgresServer, command: Sequence[str] = ()
    ) -> Generator[Application]:
        """The backend, or another command in its image, on a database that it migrates first."""
        variables = {
            "DATABASE_URL": database.url(),
            "JWT_SECRET": "fake-jwt-secret-of-the-bench-0000000000",
            "SESSION_SECRET": _SECRET,
            "FRONTEND_BASE_URL": "http://localhost:3000",
            "CORS_ORIGIN": "http://localhost:3000",
            "APP_REVISION": "bench",
        }
        with self._running("backend", image, variables, quota, command) as backend:
            yield backend

    @contextmanager
    def frontend(
        self, image: BuiltImage, quota: CpuQuota | None, api: str, health: str = "/health"
    ) -> Generator[Application]:
        with self._running("frontend", image, {"API_URL": api}, quota, health=health) as frontend:
            yield frontend

    def _running(
        self,
        name: str,
        image: BuiltImage,
        variables: Mapping[str, str],
        quota: CpuQuota | None,
        command: Sequence[str] = (),
        health: str = "/health",
    ) -> AbstractContextManager[Application]:
        return running(
            name,
            image,
            variables,
            folder=self.folder,
            authority=self.authority,
            quota=quota,
            command=command,
            health=health,
        )


def measure_applications(progress: Callable[[str], None]) -> Iterator[Row]:
    """Start, memory and load of each application; the first page's weight. Rows that cannot be had say why."""
    backend, frontend = build("backend", progress), build("frontend", progress)
    with RunFolder.create() as folder:
        authority = CertificateAuthority.create(folder.path / "certificates")
        bench = _Bench(folder, authority, progress, count(1))
        try:
            with cpu_quota(f"{folder.path.name}-full", 1.0) as quota:
                yield from guarded("on a full core", _starts(bench, backend, frontend, quota, "a full core"))
        except NoQuotaError:
            words = "all cores (no quota can be set)"
            yield from guarded(f"on {words}", _starts(bench, backend, frontend, None, words))
        yield from guarded("on a quarter of a core", _on_a_quarter(bench, backend, frontend))
        yield from guarded("first page", _first_page(bench, backend, frontend))


def _on_a_quarter(bench: _Bench, backend: BuiltImage, frontend: BuiltImage) -> Iterator[Row]:
    with cpu_quota(f"{bench.folder.path.name}-quarter", _QUARTER) as quota:
        yield from guarded("starting", _starts(bench, backend, frontend, quota, "a quarter of a core"))
        yield from guarded("requests to the backend", _requests(bench, backend, quota))
        yield from guarded("pages", _pages(bench, frontend, quota))


def _starts(
    bench: _Bench, backend: BuiltImage, frontend: BuiltImage, quota: CpuQuota | None, words: str
) -> Iterator[Row]:
    bench.progress(f"starting on {words}")
    with bench.database() as database:
        for what, limit in (("the first migration", 6), ("nothing to migrate", 5)):
            with bench.backend(backend, quota, database) as api:
                yield from _start(f"backend on {words}, {what}", api, limit)
    with bench.frontend(frontend, quota, "http://localhost:4000") as site:
        yield from _start(f"frontend on {words}", site, 2)


def _start(what: str, application: Application, limit: float) -> Iterator[Row]:
    wall = f" ({application.seconds:.1f} s by the clock)"
    yield Row.at_most(f"{what}: start to healthy", application.start_cpu, limit, "CPU s", wall)


def _requests(bench: _Bench, image: BuiltImage, quota: CpuQuota) -> Iterator[Row]:
    bench.progress("load on the backend")
    with bench.database() as database:
        with bench.backend(image, quota, database) as api:
            responder, reporters = seed.seed(database, _SECRET)
            listed = httpx.get(f"{api.url}/api/reports", headers={"Cookie": responder}, timeout=30.0)
            if not listed.is_success or listed.json()["total"] != seed.REPORTS:
                raise RuntimeError(
                    f"the bench's session sees no {seed.REPORTS} reports: {listed.status_code} {listed.text[:200]}"
                )
            yield Row("GET /health", str(load(f"{api.url}/health", api.cpu_seconds)))
            listing = load(f"{api.url}/api/reports", api.cpu_seconds, cookies=[responder])
            yield from _answers(f"GET /api/reports, 20 of {seed.REPORTS}", listing, 3)
            filing = load(f"{api.url}/api/reports", api.cpu_seconds, method="POST", cookies=reporters, body=_REPORT)
            yield from _answers(f"POST /api/reports, {seed.REPORTERS} accounts in turn", filing, 4)
            yield Row.at_most("backend: resident after that", api.resident_mb(), _MOST_MB, "MB")
        program = bench.folder.within_reach(_BARE) / "api.mjs"
        with bench.backend(image, quota, database, ["node", str(program)]) as api:
            bare = load(f"{api.url}/api/reports", api.cpu_seconds)
        yield Row("the same 20 reports by bare Express and pg", str(bare))
        yield Row.at_most("GET /api/reports: ours to the bare answer", listing.cpu_ms / bare.cpu_ms, 2, "times")


def _pages(bench: _Bench, image: BuiltImage, quota: CpuQuota) -> Iterator[Row]:
    bench.progress("load on the frontend")
    with bench.frontend(image, quota, "http://localhost:4000") as site:
        ours = load(f"{site.url}/", site.cpu_seconds)
        yield from _answers("GET /", ours, 2.5)
        yield Row(
            "GET /: answers in a second", f"{ours.per_second:.0f}", "≥ 100", missed=ours.per_second < _LEAST_PAGES
        )
        yield Row.at_most("GET /: p99", ours.p99, 300, "ms")
        yield Row.at_most("frontend: resident after that", site.resident_mb(), _MOST_MB, "MB")
    bare_image = build("frontend", bench.progress, _BARE / "site.Dockerfile")
    with bench.frontend(bare_image, quota, "", health="/") as site:
        bare = load(f"{site.url}/", site.cpu_seconds)
    yield Row("one static page of bare Next.js", str(bare))
    yield Row("GET /: ours to the bare page", f"{ours.cpu_ms / bare.cpu_ms:.2g} times")


def _answers(what: str, result: LoadResult, limit: float) -> Iterator[Row]:
    yield Row.at_most(what, result.cpu_ms, limit, "CPU ms", f" ({result.answers})")


def _first_page(bench: _Bench, backend: BuiltImage, frontend: BuiltImage) -> Iterator[Row]:
    """Without a quota, both running: the page that somebody sees who is not signed in."""
    bench.progress("the first page in a browser")
    with (
        bench.database() as database,
        bench.backend(backend, None, database) as api,
        bench.frontend(frontend, None, api.url) as site,
    ):
        weights = first_page(site.url)
    if weights is None:
        yield Row("first page", "skipped: there is no browser, run `make browser`")
        return
    parts = ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in sorted(weights.items(), key=lambda item: -item[1]))
    yield Row.at_most("first page, compressed, over the wire", sum(weights.values()) / 1000, 150, "KB", f" ({parts})")
