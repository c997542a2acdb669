"""What the images are built from: that it is there, and that its image can run, before anything is created."""

from pathlib import Path

import pulumi
from migration_command import require_shell

from conducky.errors import UserError, quoted
from conducky.images.stages import Base, base_of, stage_name, stages_of
from conducky.settings import config_command
from conducky.settings.application import Application, Backend
from conducky.settings.services import ServicesSettings

_ROOT = Path(__file__).parent.parent


def require_sources(settings: ServicesSettings) -> None:
    """Check what the images are built from.

    Raises:
        UserError: a folder, a Dockerfile or a stage is missing, an image is always built for another processor than
            the one that its tasks run on, or has no shell and needs one.
    """
    worker = settings.worker.beside(settings.backend) if settings.worker and settings.worker.context else None
    for name, application in (("backend", settings.backend), ("frontend", settings.frontend), ("worker", worker)):
        if application is None:
            continue
        file = _ROOT / application.context / application.dockerfile
        stages = stages_of(file, application.build_args) if file.is_file() else {}
        _require_there(name, application, stages)
        base = base_of(stages, application.target or "")
        _require_architecture(name, application, base, settings.architecture)
        if isinstance(application, Backend) and application.migrations == "command":
            require_shell(name, base)


def _require_there(name: str, application: Application, stages: dict[str, Base]) -> None:
    folder, file = _ROOT / application.context, _ROOT / application.context / application.dockerfile
    has_target = not application.target or stage_name(stages, application.target) is not None
    for setting, is_there, where in (
        ("context", folder.is_dir(), "this repository"),
        ("dockerfile", file.is_file(), application.context),
        ("target", has_target, f"{application.context}/{application.dockerfile}"),
    ):
        if not is_there:
            value = getattr(application, setting)
            raise UserError(
                f"`{name}.{setting}` is {quoted(value)}, and there is no such thing in {where}",
                f"correct it in services/Pulumi.{pulumi.get_stack()}.yaml",
            )


def _require_architecture(name: str, application: Application, base: Base | None, architecture: str) -> None:
    """Refuse what ECS could only end with `exec format error`."""
    if base and base.architecture not in (None, architecture):
        change = config_command("services", f"set architecture {base.architecture}")
        raise UserError(
            f"the {name}'s image is always built for {base.architecture} (`{base.pinned}` in "
            f"{application.context}/{application.dockerfile}:{base.line}), and its tasks run on {architecture}",
            f"remove that from the Dockerfile, or run {change}",
        )
