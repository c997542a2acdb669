"""The one kind of error that is a person's mistake."""

import pulumi


class UserError(pulumi.RunError):
    """A mistake somebody can mend: one sentence that says what is wrong, where, and the command that mends it.

    The engine prints a `pulumi.RunError` as one line without a traceback; so does the `conducky` command.
    """
