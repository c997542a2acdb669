"""Shell scripts, as far as they can be understood without running them."""

from conducky.adoption.shell.failure import HARMLESS, Ignored, ignored_failure
from conducky.adoption.shell.script import Script, ancestors, line_of, name_of, program_of, text_of
from conducky.adoption.shell.variables import Read, variables_read

__all__ = [
    "HARMLESS",
    "Ignored",
    "Read",
    "Script",
    "ancestors",
    "ignored_failure",
    "line_of",
    "name_of",
    "program_of",
    "text_of",
    "variables_read",
]
