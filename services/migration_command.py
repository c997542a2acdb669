"""The entry point of a container whose image runs no migrations itself: `migrations: command`."""

import re
from pathlib import Path

from conducky.errors import UserError
from conducky.settings.application import Application

# As in backend/entrypoint.sh: Prisma waits 10 s for the lock of another task's migrations (error P1002), so it is tried
# again for as long as ECS leaves a new task alone. Then the container becomes its command.
_SCRIPT = """set -eu
log=$(mktemp)
started=$(date +%s)
until npx --no-install prisma migrate deploy >"$log" 2>&1; do
  cat "$log"
  grep -q P1002 "$log" || exit 1
  [ $(($(date +%s) - started)) -lt "${MIGRATION_WAIT_SECONDS:-300}" ] || exit 1
  echo "Another task is migrating the database: trying again"
  sleep 1
done
cat "$log"
rm "$log"
exec "$@"
"""
ENTRY_POINT = ("/bin/sh", "-c", _SCRIPT, "migrate")

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE | re.MULTILINE)
_WITHOUT_SHELL = re.compile(r"^scratch$|distroless|^cgr\.dev/chainguard/(?!.*-dev)|(^|/)static(:|@|$)")


def stages_of(dockerfile: Path) -> dict[str, str]:
    """What each stage of a Dockerfile is built on, by its name in lower case, or its number if it has none."""
    text = re.sub(r"\\[ \t]*\r?\n", " ", dockerfile.read_text("utf-8-sig", errors="replace"))
    found = _FROM.findall(text)
    return {(alias or str(number)).lower(): base for number, (base, alias) in enumerate(found)}


def require_shell(name: str, application: Application, dockerfile: Path) -> None:
    """Refuse an image that is known to have no shell, which the entry point needs.

    Raises:
        UserError: its last stage, or the one that is its target, begins with such an image.
    """
    stages = stages_of(dockerfile)
    base = application.target.lower() if application.target else next(reversed(stages), "")
    seen: set[str] = set()
    while base.lower() in stages and base not in seen:
        seen.add(base)
        base = stages[base.lower()]
    if _WITHOUT_SHELL.search(base):
        raise UserError(
            f"`{name}.migrations: command` needs a shell, and the {name}'s image is built from {base}, without one",
            f"run them in the image's own entry point (`{name}.migrations: entrypoint`), or build on another image",
        )
