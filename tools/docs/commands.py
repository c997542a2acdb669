"""The tables of docs/commands.md: every command with its options, and what exit codes mean."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from conducky.cli.app import PANELS, app
from conducky.cli.options import EXIT_CODES
from conducky.repository import ROOT
from tools.docs.markdown import table
from tools.docs.pages import write_generated_parts

PAGE = Path("docs") / "commands.md"


def command_parts() -> dict[str, str]:
    """The generated parts of the page, by name."""
    tree: Any = typer.main.get_command(app)
    rows = [
        (f"`{words}`", " ".join(command.help.partition("\n\n")[0].split()), ", ".join(_options(command)))
        for panel in PANELS.values()
        for name in panel
        for words, command in _with_children(name, tree.commands[name])
    ]
    return {
        "commands": table(("`conducky …`", "does", "options"), rows),
        "exit-codes": table(("exit code", "means"), [(f"`{code}`", meaning) for code, meaning in EXIT_CODES.items()]),
    }


def write_commands_page(root: Path = ROOT) -> Path:
    """Replace the generated parts of the page in a repository, and return the file.

    Raises:
        UserError: when the page or one of its markers is missing.
    """
    return write_generated_parts(root, PAGE, command_parts())


def _with_children(words: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # typer's click has no types
    children: dict[str, Any] = getattr(command, "commands", {})
    for name, child in children.items():
        yield from _with_children(f"{words} {name}", child)
    if not children:
        arguments = [_argument(each) for each in command.params if not each.opts[0].startswith("-")]
        yield " ".join([words, *arguments]), command


def _argument(parameter: Any) -> str:  # noqa: ANN401
    shown = f"{parameter.metavar or parameter.name.upper()}{'...' if parameter.nargs == -1 else ''}"
    return shown if parameter.required else f"[{shown}]"


def _options(command: Any) -> Iterator[str]:  # noqa: ANN401
    for each in command.params:
        if each.opts[0].startswith("-"):
            yield f"`{each.opts[0]}`"
