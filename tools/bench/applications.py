"""What the applications need: time to start, memory, and what they answer on the quarter of a processor they get."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import httpx

from conducky.rehearsal.images.store import BuiltImage
from conducky.rehearsal.postgres.certificates import CertificateAuthority
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.processes.run_folder import RunFolder
from tools.bench import seed
from tools.bench.application import Application, build, running
from tools.bench.cpu_quota import CpuQuota, NoQuotaError, cpu_quota
from tools.bench.load import load
from tools.bench.page_weight import first_page
from tools.bench.row import Row

_QUARTER = 0.25
_SECRET = "fake-session-secret-of-the-bench-000000"  # noqa: S105 - visibly none
_REPORT = {"title": "What happened", "description": "Somebody was shouted at in the hallway. " * 10}


@dataclass(frozen=True)
class _Bench:
    folder: RunFolder
    authority: CertificateAuthority
    progress: Callable[[str], None]
    numbers: Iterator[int]

    @contextmanager
    def backend(self, image: BuiltImage, quota: CpuQuota | None) -> Generator[tuple[Application, PostgresServer]]:
        """A backend on an empty database of its own, which it migrates first."""
        database = PostgresServer.start(
            self.folder,
            name=f"bench{next(self.numbers)}",
            username="conducky",
            password="fake-password",  # noqa: S106
            database="conducky",
            parameters={},
            certificate=self.authority,
            progress=self.progress,
        )
        variables = {
            "DATABASE_URL": database.url(),
            "JWT_SECRET": "fake-jwt-secret-of-the-bench-0000000000",
            "SESSION_SECRET": _SECRET,
            "FRONTEND_BASE_URL": "http://localhost:3000",
            "CORS_ORIGIN": "http://localhost:3000",
            "APP_REVISION": "bench",
        }
        try:
            with running(
                "backend", image, variables, folder=self.folder, authority=self.authority, quota=quota
            ) as backend:
                yield backend, database
        finally:
            database.stop()

    @contextmanager
    def frontend(self, image: BuiltImage, quota: CpuQuota | None, api: str) -> Generator[Application]:
        with running(
            "frontend", image, {"API_URL": api}, folder=self.folder, authority=self.authority, quota=quota
        ) as frontend:
            yield frontend


def measure_applications(progress: Callable[[str], None]) -> Iterator[Row]:
    """Start, memory and load of each application; the first page's weight. Rows that cannot be had say why."""
    backend, frontend = build("backend", progress), build("frontend", progress)
    with RunFolder.create() as folder:
        authority = CertificateAuthority.create(folder.path / "certificates")
        bench = _Bench(folder, authority, progress, count(1))
        for cores, words in ((1.0, "a full core"), (_QUARTER, "a quarter of a core")):
            try:
                with cpu_quota(f"{folder.path.name}-{cores}", cores) as quota:
                    yield from _starts(bench, backend, frontend, quota, words)
            except NoQuotaError as reason:
                if cores == _QUARTER:
                    yield Row("on a quarter of a core", f"skipped: {reason}")
                else:
                    yield from _starts(bench, backend, frontend, None, "all cores (no quota can be set)")
        yield from _first_page(bench, backend, frontend)


def _starts(
    bench: _Bench, backend: BuiltImage, frontend: BuiltImage, quota: CpuQuota | None, words: str
) -> Iterator[Row]:
    on_quarter = words.startswith("a quarter")
    bench.progress(f"the backend on {words}")
    with bench.backend(backend, quota) as (api, database):
        yield Row(
            f"backend on {words}: start to healthy, with migrations",
            f"{api.seconds:.1f} s",
            "under 12 s" if on_quarter else "",
        )
        yield Row(f"backend on {words}: resident", f"{api.resident_mb():.0f} MB", "under 150 MB")
        if on_quarter:
            yield from _load(bench, api, database)
    bench.progress(f"the frontend on {words}")
    with bench.frontend(frontend, quota, "http://localhost:4000") as site:
        yield Row(f"frontend on {words}: start to healthy", f"{site.seconds:.1f} s", "under 5 s" if on_quarter else "")
        yield Row(f"frontend on {words}: resident", f"{site.resident_mb():.0f} MB", "under 150 MB")
        if on_quarter:
            yield Row(f"frontend on {words}: GET /", str(load(f"{site.url}/")))
            yield Row(f"frontend on {words}: resident after that", f"{site.resident_mb():.0f} MB")


def _load(bench: _Bench, api: Application, database: PostgresServer) -> Iterator[Row]:
    where = "backend on a quarter of a core"
    responder, reporters = seed.seed(database, _SECRET)
    listed = httpx.get(f"{api.url}/api/reports", headers={"Cookie": responder}, timeout=30.0)
    if not listed.is_success or listed.json()["total"] != seed.REPORTS:
        raise RuntimeError(
            f"the bench's session sees no {seed.REPORTS} reports: {listed.status_code} {listed.text[:200]}"
        )
    bench.progress("load on the backend")
    yield Row(f"{where}: GET /health", str(load(f"{api.url}/health")))
    listing = load(f"{api.url}/api/reports", cookies=[responder])
    yield Row(f"{where}: GET /api/reports, 20 of {seed.REPORTS}", str(listing))
    filing = load(f"{api.url}/api/reports", method="POST", cookies=reporters, body=_REPORT)
    yield Row(f"{where}: POST /api/reports, {seed.REPORTERS} accounts in turn", str(filing))
    yield Row(f"{where}: resident after that", f"{api.resident_mb():.0f} MB")


def _first_page(bench: _Bench, backend: BuiltImage, frontend: BuiltImage) -> Iterator[Row]:
    """Without a quota, both running: the page that somebody sees who is not signed in."""
    bench.progress("the first page in a browser")
    with bench.backend(backend, None) as (api, _), bench.frontend(frontend, None, api.url) as site:
        weights = first_page(site.url)
    if weights is None:
        yield Row("first page", "skipped: there is no browser, run `make browser`")
        return
    parts = ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in sorted(weights.items(), key=lambda item: -item[1]))
    yield Row(
        "first page, compressed, in KB over the wire", f"{sum(weights.values()) / 1000:.1f} ({parts})", "under 150"
    )
