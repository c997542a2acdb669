"""Copies of the repository to deploy from, and to break."""

import shutil
from pathlib import Path

from conducky.repository import LAYERS, ROOT

_APPLICATIONS = ("backend", "frontend")

# Answers what the load balancer and the tests ask, a moment after it was started and without packages to install.
_SERVER = """\
const http = require("node:http");
const answer = { status: "ok", revision: process.env.APP_REVISION };
const server = http.createServer((request, response) => {
  const known = request.url === "/health" || request.url === "/" || request.url.startsWith("/api/");
  response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(answer));
});
server.listen(Number(process.env.PORT));
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
"""
# How it answers, and what makes it answer errors below /api/ while its health check passes: for `edit`.
ANSWERS = "response.writeHead(known ? 200 : 404,"
ANSWERS_ERRORS = 'response.writeHead(request.url.startsWith("/api/") ? 500 : known ? 200 : 404,'
_DOCKERFILE = """\
FROM node:24-bookworm-slim
ARG NEXT_PUBLIC_API_URL
WORKDIR /app
COPY server.js ./
USER 1000:1000
EXPOSE {port}
CMD ["node", "server.js"]
"""


def with_stand_ins(to: Path) -> Path:
    """The three programs as they are, and in the place of each application a little server."""
    _programs(ROOT, to)
    for name, port in zip(_APPLICATIONS, (4000, 3000), strict=True):
        (to / name).mkdir()
        (to / name / "server.js").write_text(_SERVER)
        (to / name / "Dockerfile").write_text(_DOCKERFILE.format(port=port))
    return to


def with_applications(to: Path) -> Path:
    """The three programs to change, and the applications as they are."""
    _programs(ROOT, to)
    for name in (*_APPLICATIONS, "tools"):
        (to / name).symlink_to(ROOT / name)
    return to


def copy_of(repository: Path, to: Path) -> Path:
    """A copy to break."""
    _programs(repository, to)
    for name in _APPLICATIONS:
        if (repository / name).is_symlink():
            (to / name).symlink_to((repository / name).readlink())
        else:
            shutil.copytree(repository / name, to / name)
    if (repository / "tools").is_symlink():
        (to / "tools").symlink_to((repository / "tools").readlink())
    return to


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text that has to be there, once or more."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file.name} no longer has `{old}`: write the change again"
    file.write_text(text.replace(old, new), encoding="utf-8")


def _programs(repository: Path, to: Path) -> None:
    for name in LAYERS:
        shutil.copytree(repository / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
