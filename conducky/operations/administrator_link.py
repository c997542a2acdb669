"""`conducky administrator-link`: a link that creates an administrator, from the newest backend task, by ECS Exec."""

from collections.abc import Callable
from typing import Final

from conducky.operations.exec import open_session
from conducky.operations.session import require_plugin, require_terminal
from conducky.operations.target import Target

# In the backend's image. ECS Exec does not promise a working directory.
SCRIPT: Final = ("node", "/app/dist/administrator-link.js")


def administrator_link(find: Callable[[], Target], *, rehearsal: bool) -> int:
    """Let the backend of the stack that `find` finds print a link on this terminal; returns the session's exit code.

    Raises:
        UserError: when a file, a pipe or CI would get the link, no task runs, or the caller may not use ECS Exec.
    """
    require_terminal(
        "run this at a terminal, outside CI",
        "the link creates an administrator, so that only a terminal may show it",
    )
    if not rehearsal:
        require_plugin()
    return open_session(find(), "backend", None, SCRIPT)
