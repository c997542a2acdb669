"""The one kind of error that is a person's mistake, and how text is shown in it."""

import pulumi


class UserError(pulumi.RunError):
    """A mistake that a person can fix.

    Attributes:
        problem: what is wrong and where, without a full stop.
        fix: the command or the edit that fixes it; empty where the problem says it.

    The engine prints a `pulumi.RunError` as one line without a traceback; so does the `conducky` command.
    """

    def __init__(self, problem: str, fix: str = "") -> None:
        super().__init__(f"{problem}: {fix}" if fix else problem)
        self.problem = problem
        self.fix = fix


_LONGEST_QUOTE = 60


def quoted(value: object) -> str:
    """A value as a sentence shows it: in backticks, on one line, at most 60 characters of it."""
    text = str(value)
    return f"`{printable(text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + '…')}`"


def printable(text: str) -> str:
    """The text with line breaks and all else that a terminal would act upon written as escapes."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
