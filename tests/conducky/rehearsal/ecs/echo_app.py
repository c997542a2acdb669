"""A small application for tasks to run."""

import time
from collections.abc import Callable
from pathlib import Path

from conducky.rehearsal.images.store import BuiltImage

CONTAINER_PORT = 4000

# Its variables say how it behaves: BREAK ends it at once, ERRORS answers 500, IGNORE_SIGTERM makes it stay.
SERVER = """
const { BREAK, ERRORS, HOST, HOSTNAME, IGNORE_SIGTERM, JWT_SECRET, PORT, VERSION } = process.env;
console.log(`version ${VERSION} starts`);
if (BREAK) {
  console.log(`cannot start with ${JWT_SECRET}: ${BREAK}`);
  process.exit(3);
}
const server = require("node:http").createServer((request, response) => {
  if (request.url === "/health") return response.end("ok");
  if (ERRORS) return response.writeHead(500).end(VERSION);
  if (request.url === "/api/environment") return response.end(JSON.stringify(process.env));
  if (request.url === "/api/pid") return response.end(String(process.pid));
  if (request.url === "/api/slow") return setTimeout(() => response.end(VERSION), 400);
  if (request.url === "/api/version") return response.end(VERSION);
  response.writeHead(404).end();
});
process.on("SIGTERM", () => { if (!IGNORE_SIGTERM) server.close(() => process.exit(0)); });
server.listen(Number(PORT), HOST || HOSTNAME);
"""


def make_image(folder: Path, **environment: str) -> BuiltImage:
    """An image whose one program is a small server."""
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "server.js").write_text(SERVER)
    return BuiltImage(
        root=folder,
        workdir="/app",
        environment=environment,
        entrypoint=("node",),
        command=("server.js",),
        user="1000:1000",
        exposed=(CONTAINER_PORT,),
    )


def wait_until(what: str, holds: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for something that is about to happen; fails with `what` when it does not."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"after {seconds:g} s still not so: {what}"
        time.sleep(0.02)
