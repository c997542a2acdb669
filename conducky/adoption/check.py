"""What would fail in the deployment, of the applications that a stack's settings name."""

from pathlib import Path

from conducky.adoption.candidates import candidate_of
from conducky.adoption.declared import Declared
from conducky.adoption.problems import problems_of
from conducky.adoption.tree import Tree
from conducky.errors import UserError
from conducky.repository import ROOT, stack_file
from conducky.settings.application import Application
from conducky.settings.services import ServicesSettings


def problems_in(settings: ServicesSettings, stack: str, root: Path = ROOT) -> list[str]:
    """Each with where it is, and what to do; nothing of what a program or a build refuses anyway."""
    file = stack_file("services", stack, root).relative_to(root)
    counts = (
        ("backend", settings.backend, settings.backend_count),
        ("frontend", settings.frontend, settings.frontend_count),
    )
    return [each for role, application, count in counts if count for each in _problems(role, application, file, root)]


def _problems(role: str, application: Application, file: Path, root: Path) -> list[str]:
    context, target = Path(application.context), application.target or ""
    use = Declared(
        role,
        file,
        context=context,
        target=target,
        command=tuple(application.command or ()),
        build_args=application.build_args,
    )
    try:
        tree = Tree(root, [root / context])
        return [*problems_of(candidate_of(tree, context / application.dockerfile, target, (use,)))]
    except (UserError, OSError, ValueError):
        return []
