"""The one kind of error that a person can fix, and how text is shown in it."""

import functools
import sys
from typing import TYPE_CHECKING, Any, Self


class UserError(Exception):
    """A mistake that a person can fix: `problem` is what is wrong and where, `fix` the command or the edit, if any.

    The `conducky` command and the engine print it as one line; the engine does so for `pulumi.RunError` only, which
    takes most of a second to import. So the error is one only where pulumi is loaded already, as in every program.
    """

    if not TYPE_CHECKING:  # which would compare the parameters with those of every `__init__`

        def __new__(cls, *_args: object, **_named: object) -> Self:
            """The error, which is a `pulumi.RunError` where there is such a thing."""
            run_error = getattr(sys.modules.get("pulumi.errors"), "RunError", None)
            return super().__new__(_also_run_error(cls, run_error) if run_error else cls)

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(f"{problem}: {fix}" if fix else problem)
        self.problem = problem
        self.fix = fix


@functools.cache
def _also_run_error(cls: type[Exception], run_error: type[Exception]) -> type[Any]:  # pyright: ignore[reportUnusedFunction]
    if issubclass(cls, run_error):
        return cls
    return type(cls.__name__, (cls, run_error), {"__module__": cls.__module__, "__doc__": cls.__doc__})


_LONGEST_QUOTE = 60


def quoted(value: object) -> str:
    """A value as a message shows it: in backticks, on one line, at most 60 characters of it."""
    text = str(value)
    return f"`{printable(text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + '…')}`"


def printable(text: str) -> str:
    """The text with line breaks and all else that a terminal would act upon written as escapes."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
