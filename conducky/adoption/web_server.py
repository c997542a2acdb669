"""What the configuration of nginx, Apache, Caddy or Next.js in an image says."""

import re
from collections.abc import Iterator
from pathlib import Path

from conducky.adoption.candidate import Candidate
from conducky.adoption.tree import place
from conducky.adoption.words import TEXT
from conducky.rehearsal.images.stage import Copy


def unknown_hosts(found: Candidate) -> Iterator[str]:
    """Each file that sends requests to a host of docker-compose.yml, without which nginx does not even start."""
    next_js = found.tree.named("next.config.*", below=found.source.folder)
    files = [*((file, "proxied") for file, _ in _copied(found)), *((file, "rewritten") for file in next_js)]
    for file, pattern in files:
        text = found.tree.text(file)
        if match := TEXT[pattern].search(text):
            where = place(file, text, match.start())
            yield (
                f"{where} sends requests to `{match['host']}`, a host that the deployment does not have: remove "
                "that where the load balancer gives the path to the backend (`backend.paths`), or take the address "
                "from a variable in `addresses`"
            )


def template_variables(found: Candidate) -> Iterator[tuple[str, tuple[str, bool]]]:
    """The variables that nginx's image writes into its configuration; where, and that none has a default.

    https://hub.docker.com/_/nginx, "Using environment variables in nginx configuration".
    """
    for file, destination in _copied(found):
        if destination.startswith("/etc/nginx/templates") and file.suffix == ".template":
            text = found.tree.text(file)
            for match in re.finditer(r"\$\{([A-Z][A-Z0-9_]+)\}", text):
                yield match[1], (place(file, text, match.start()), False)


def _copied(found: Candidate) -> Iterator[tuple[Path, str]]:
    """The configuration files of a web server that the image takes from its context, and where to."""
    for step in (step for step in found.image_steps if isinstance(step, Copy)):
        for source in step.sources if step.stage is None else ():
            copied = found.context / source.lstrip("/")
            for file in found.tree.named("*.conf", "*.template", "Caddyfile*", below=found.context):
                if file == copied or (file.parent == copied and source not in (".", "./")):
                    yield file, step.destination
