"""The wildcards of IAM policies and listener rules."""

import re


def matches_wildcards(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole text matches: `*` is any characters, also none, and `?` is one."""
    expression = "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern)
    return re.fullmatch(expression, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None
