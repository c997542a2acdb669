"""`conducky database shell` and `tunnel`."""

import shutil
import time
from collections.abc import Callable, Sequence

from conducky.errors import UserError
from conducky.operations.database.connection import connected
from conducky.operations.session import require_plugin, require_terminal, run_on_terminal
from conducky.operations.target import Target

_INSTALL = "install PostgreSQL's client: `apt install postgresql-client`, or `brew install libpq`"


def shell(find: Callable[[], Target], arguments: Sequence[str], *, rehearsal: bool) -> int:
    """Run psql on this terminal; with arguments also without one. Returns its exit code.

    Raises UserError when something is missing here, nothing is deployed, or AWS refuses.
    """
    if not arguments and not rehearsal:
        require_terminal("give psql something to do, at the end of this command: `-- -c 'select 1'`")
    if shutil.which("psql") is None:
        raise UserError("there is no `psql`", _INSTALL)
    if not rehearsal:
        require_plugin()
    with connected(find()) as connection:
        return run_on_terminal(["psql", *arguments], connection.environment())


def tunnel(
    find: Callable[[], Target],
    command: Sequence[str],
    note: Callable[[str], None],
    *,
    rehearsal: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Run a command with the database in its environment; without one, hold a tunnel open. Raises as `shell` does."""
    if not rehearsal:
        require_plugin()
    target = find()
    with connected(target) as connection:
        if command:
            return run_on_terminal(command, connection.environment())
        note(f"{connection.shown_url} until Ctrl-C")
        note(f"the password is part of the parameter {target.names.parameter('backend', 'DATABASE_URL')}")
        while True:
            sleep(3600)
