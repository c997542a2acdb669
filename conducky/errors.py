"""The one kind of error that is a person's mistake."""

import pulumi


class UserError(pulumi.RunError):
    """A mistake somebody can mend: one sentence that says what is wrong, where, and the command that mends it.

    The engine prints a `pulumi.RunError` as one line without a traceback; so does the `conducky` command.
    """


_LONGEST_QUOTE = 60


def quoted(value: object) -> str:
    """A value as a sentence shows it: in backticks, on one line, at most 60 characters of it."""
    text = str(value)
    return f"`{printable(text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + '…')}`"


def printable(text: str) -> str:
    """The text with line breaks and all else that a terminal would act upon written as escapes."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
