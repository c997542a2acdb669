"""What would fail in the deployment, of the applications that a stack's settings name."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from conducky.adoption.candidates import candidate_of
from conducky.adoption.declared import Declared
from conducky.adoption.problems import problems_of
from conducky.adoption.tree import Tree
from conducky.errors import UserError
from conducky.repository import ROOT, WORKER, stack_file
from conducky.settings.application import Application
from conducky.settings.services import ServicesSettings


def problems_in(settings: ServicesSettings, stack: str, root: Path = ROOT) -> list[str]:
    """Each with where it is, and what to do; nothing of what a program or a build refuses anyway."""
    file = stack_file("services", stack, root).relative_to(root)

    @cache
    def tree_of(context: str) -> Tree:  # Two applications often have one source
        return Tree(root, [root / context])

    found: list[str] = []
    for role, application in _applications(settings):
        try:
            found += _problems(role, application, file, tree_of(application.context))
        except (UserError, OSError, ValueError):
            continue
    return [*dict.fromkeys(found)]


def _applications(settings: ServicesSettings) -> Iterator[tuple[str, Application]]:
    """Those of which tasks run."""
    if settings.backend_count:
        yield "backend", settings.backend
    if settings.frontend_count:
        yield "frontend", settings.frontend
    if settings.worker and settings.worker.count:
        with suppress(UserError):  # The program says it
            yield WORKER, settings.worker.beside(settings.backend)


def _problems(role: str, application: Application, file: Path, tree: Tree) -> list[str]:
    context, target = Path(application.context), application.target or ""
    use = Declared(
        role,
        file,
        context=context,
        target=target,
        command=tuple(application.command or ()),
        build_args=application.build_args,
    )
    return [*problems_of(candidate_of(tree, context / application.dockerfile, target, (use,)))]
