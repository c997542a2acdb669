"""The entry point of a container whose image runs no migrations itself: `migrations: command`."""

import re

from conducky.errors import UserError
from conducky.images.stages import Base

# As in backend/entrypoint.sh: Prisma waits 10 s for the lock of another task's migrations (error P1002), so it is tried
# again for as long as ECS leaves a new task alone. Then the container becomes its command. Bun's images have no npx.
_SCRIPT = """set -eu
log=$(mktemp)
started=$(date +%s)
if command -v npx >/dev/null; then run="npx --no-install"; else run=bunx; fi
until $run prisma migrate deploy >"$log" 2>&1; do
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

_WITHOUT_SHELL = re.compile(r"^scratch$|distroless|^cgr\.dev/chainguard/(?!.*-dev)|(^|/)static(:|@|$)")


def require_shell(name: str, base: Base | None) -> None:
    """Refuse an image that is known to have no shell, which the entry point needs.

    Raises:
        UserError: what it is built on is such an image.
    """
    if base and _WITHOUT_SHELL.search(base.image):
        raise UserError(
            f"`{name}.migrations: command` needs a shell, and the {name}'s image is built from {base.image}, without "
            "one",
            f"run them in the image's own entry point (`{name}.migrations: entrypoint`), or build on another image",
        )
