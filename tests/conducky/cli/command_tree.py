"""Every command that can be typed, from the tree itself, so that a new one is tested as well."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from conducky.cli.app import app

TREE: Any = typer.main.get_command(app)


@dataclass(frozen=True)
class Typed:
    code: int
    out: str
    err: str


def typed(*words: str, columns: int = 80) -> Typed:
    """What comes of help or of a wrong command line, without the work that `main` does before."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            TREE.main([*words], prog_name="conducky", terminal_width=columns - 2)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return Typed(code, out.getvalue(), err.getvalue())


def every_command() -> dict[tuple[str, ...], Any]:
    """The commands by their words, such as `("database", "backup")`; groups are left out."""
    return dict(_below((), TREE))


def _below(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401
    children: dict[str, Any] | None = getattr(command, "commands", None)
    if children is None:
        yield words, command
        return
    for name, child in children.items():
        yield from _below((*words, name), child)
