"""`conducky administrator-link`: a link that creates an administrator, from the newest backend task, by ECS Exec."""

from typing import Final

from conducky.operations.exec import open_session
from conducky.operations.session import require_plugin, require_terminal
from conducky.operations.target import find_target

# In the backend's image. ECS Exec does not promise a working directory.
SCRIPT: Final = ("node", "/app/dist/administrator-link.js")


def administrator_link(stack: str) -> int:
    """Let the backend print a link on this terminal; returns the exit code of the session.

    Raises:
        UserError: when a file, a pipe or CI would get the link, no task runs, or the caller may not use ECS Exec.
    """
    require_terminal(
        "run this at a terminal, outside CI",
        "the link creates an administrator, so that only a terminal may show it",
    )
    require_plugin()
    return open_session(find_target(stack), "backend", None, SCRIPT)
