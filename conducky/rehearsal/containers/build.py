"""An image built by the engine from the real Dockerfile, once for each state of its source."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from conducky.rehearsal.account import Account
from conducky.rehearsal.containers.engine import ContainerEngine, client_environment
from conducky.rehearsal.containers.run import APPLICATION_LABEL
from conducky.rehearsal.processes.build_log import build_log

_KEPT: Final = 8  # images of one application, the newest


def build_container_image(  # noqa: PLR0913  # all keyword-only, each a different thing a build depends on
    account: Account,
    engine: ContainerEngine,
    context: Path,
    dockerfile: Path,
    *,
    application: str,
    build_args: Mapping[str, str],
    target: str,
    digest: str,
    log: Path,
) -> str:
    """Build the image, or take the one that has this digest in its name; its name. It stays for the next rehearsal.

    Raises BaseImageError when an image that it begins with cannot be fetched. Raises UserError when the build failed,
    or was stopped.
    """
    name = f"localhost/conducky-rehearsal-{application}"
    image = f"{name}:{digest.removeprefix('sha256:')[:24]}"
    if engine.has_image(image):
        return image
    shown = f"{dockerfile.parent.name}/{dockerfile.name}"
    account.progress(f"{engine.name} builds {shown}")
    label = f"{APPLICATION_LABEL}={application}"
    command = engine.build_command(context, dockerfile, image, build_args=build_args, target=target, label=label)
    with build_log(account.folder, log) as own:
        begin = own.stat().st_size if own.exists() else 0
        process = account.folder.start(f"build-{application}", command, env=client_environment(), cwd=context, log=own)
        if process.wait_unless(account.stopping, grace=5) != 0:
            output = own.read_bytes()[begin:].decode(errors="replace")
            raise engine.build_failure(output, shown, log)
    _remove_old(engine, name)
    return image


def _remove_old(engine: ContainerEngine, name: str) -> None:
    """Remove all but the newest images of an application; one that a container uses stays."""
    listed = engine.ask("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}")
    for old in listed.split()[_KEPT:]:
        engine.tell("rmi", old)
