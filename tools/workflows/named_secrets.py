"""The lines of the workflows that name the applications' secrets, from the lists in the settings.

Each secret is named, for `toJSON(secrets)` would hand every secret of the repository to every step. The lines are
between two comments; everything else in the files is written by hand.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from conducky.errors import UserError
from conducky.repository import ROOT
from conducky.secret_values import all_secrets

FILES: Final = (
    ".github/actions/layer/action.yml",
    *(f".github/workflows/{n}.yml" for n in ("stack", "preview", "drift")),
)
END: Final = "# end of the applications' secrets"
_BEGIN: Final = re.compile(r"\s*# the applications' secrets \((\w+)\), written by `make workflows`")


def _input(name: str) -> str:
    return name.lower().replace("_", "-")


_LINES: Final[dict[str, Callable[[str], tuple[str, ...]]]] = {
    "environment": lambda name: (f"{name}: ${{{{ secrets.{name} }}}}",),
    "with": lambda name: (f"{_input(name)}: ${{{{ secrets.{name} }}}}",),
    "inputs": lambda name: (f"{_input(name)}:", f"  description: {name} of services.", '  default: ""'),
    "given": lambda name: (f"{name}: ${{{{ inputs.{_input(name)} }}}}",),
}


def written_workflows(root: Path = ROOT) -> dict[Path, str]:
    """Each file with what it should hold.

    Raises:
        UserError: a file lacks one of its marks.
    """
    names = [*all_secrets(root)]
    return {root / file: "".join(_with_secrets(root / file, names)) for file in FILES}


def write_workflows(root: Path = ROOT) -> list[Path]:
    """Write every file that differs, and return those.

    Raises:
        UserError: as above.
    """
    changed = [(file, text) for file, text in written_workflows(root).items() if file.read_text("utf-8") != text]
    for file, text in changed:
        file.write_text(text, encoding="utf-8")
    return [file for file, _ in changed]


def _with_secrets(file: Path, names: list[str]) -> Iterator[str]:
    inside, found = False, False
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        begin = _BEGIN.fullmatch(line.rstrip())
        if line.strip() == END:
            inside = False
        if not inside:
            yield line
        if begin:
            inside = found = True
            indent = line[: len(line) - len(line.lstrip())]
            yield from (f"{indent}{text}\n" for name in names for text in _LINES[begin[1]](name))
    if inside or not found:
        raise UserError(
            f"{file.parent.name}/{file.name} lacks the lines around the applications' secrets",
            f"run `git checkout {file}`",
        )
