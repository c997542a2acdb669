"""Releases of the real applications that must not go through, each as a change of the services program."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scenarios.repository import edit

MIGRATION = "20990101000000_broken"
SLOW_MIGRATION = "20990101000000_slow"


def backend_on(port: int) -> tuple[str, str]:
    """What to replace in services/fargate_service.py, and by what. Each test has its own port of this computer."""
    return '"PORT": str(own.port)', f'"PORT": "{port}" if name == "backend" else str(own.port)'


def _migrates(name: str, statement: str) -> str:
    """What an image with one more migration does; building one takes the better part of a minute."""
    return f"""\
mkdir "$TMPDIR/app" && cp -R prisma prisma.config.ts package.json entrypoint.sh "$TMPDIR/app"
chmod -R u+w "$TMPDIR/app"
ln -s "$PWD/node_modules" "$PWD/dist" "$TMPDIR/app"
cd "$TMPDIR/app" && mkdir prisma/migrations/{name}
echo '{statement};' > prisma/migrations/{name}/migration.sql
exec ./entrypoint.sh node dist/server.js"""


@dataclass(frozen=True)
class BadRelease:
    """`breaks` changes a copy; its release fails and says `words`."""

    name: str
    breaks: Callable[[Path], object]
    words: Sequence[str]
    marks: Sequence[pytest.MarkDecorator] = ()


def _runs(script: str) -> Callable[[Path], object]:
    """The backend's container with another entry point."""
    line = '            "name": self.name,\n'
    new = (
        f'{line}            **({{"entryPoint": ["/bin/sh", "-c", {script!r}]}} if self.name == "backend" else {{}}),\n'
    )
    return lambda root: edit(root / "services" / "container.py", line, new)


BAD_RELEASES = (
    BadRelease(
        "unhealthy",
        lambda root: edit(root / "services" / "fargate_service.py", *backend_on(4005)),
        ("listens on port 4005", "reads PORT"),
    ),
    BadRelease(
        "crashing",
        _runs("echo out of cheese >&2; exit 7"),
        ("exited with code 7", "out of cheese"),
        (pytest.mark.slow,),
    ),
    BadRelease(
        "a variable is missing",
        lambda root: edit(
            root / "services" / "backend_service.py",
            "**urls.named(settings.backend.addresses)",
            '**{key: url for key, url in urls.named(settings.backend.addresses).items() if key != "CORS_ORIGIN"}',
        ),
        ("exited with code 1", "CORS_ORIGIN"),
        (pytest.mark.slow,),
    ),
    BadRelease(
        "without RDS's certificates",
        _runs("unset NODE_EXTRA_CA_CERTS; exec ./entrypoint.sh node dist/server.js"),
        ("exited with code 1", "certificate"),
        (pytest.mark.slow,),
    ),
)

# Apart from the others, because somebody has to say what became of the migration before a task can start again.
FAILED_MIGRATION = BadRelease(
    "a migration fails",
    _runs(_migrates(MIGRATION, "ALTER TABLE nowhere ADD COLUMN a integer")),
    ("exited with code 1", MIGRATION, "nowhere"),
)

# No bad release: one whose migration takes longer than Prisma waits for the lock of another task, which is 10 s.
migrates_slowly = _runs(_migrates(SLOW_MIGRATION, "SELECT pg_sleep(25)"))
