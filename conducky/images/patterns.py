"""The wildcards of Docker's files as regular expressions."""

import re

_ESCAPED = ".+()|{}$^"


def regular_expression(pattern: str, *, stars: bool) -> re.Pattern[str]:
    r"""What a pattern of `.dockerignore` (`stars`: `**` crosses folders) or of COPY's sources means, for whole paths.

    As https://github.com/moby/patternmatcher does it: `*` and `?` stay within a folder, `[a-z]` and `[^a]` are one
    character, and a backslash takes away the meaning of what follows it.

    Raises:
        ValueError: the pattern is malformed.
    """
    text, position = "", 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*" and stars and pattern.startswith("*", position):
            position += 1
            if pattern.startswith("/", position):
                position += 1
            text += ".*" if position >= len(pattern) else "(.*/)?"
        elif char == "*":
            text += "[^/]*"
        elif char == "?":
            text += "[^/]"
        elif char == "\\" and position < len(pattern):
            text += re.escape(pattern[position])
            position += 1
        elif char == "[":
            end = _end_of_class(pattern, position)
            text += f"[{pattern[position:end]}]"
            position = end + 1
        else:
            text += f"\\{char}" if char in _ESCAPED or char == "\\" else char
    try:
        return re.compile(text, re.DOTALL)
    except re.error as error:
        raise ValueError(f"`{pattern}` is not a pattern ({error})") from None


def _end_of_class(pattern: str, begin: int) -> int:
    position = begin + pattern.startswith("^", begin)
    while position < len(pattern) and (pattern[position] != "]" or position == begin):
        position += 2 if pattern[position] == "\\" else 1
    if position >= len(pattern):
        raise ValueError(f"`{pattern}` is not a pattern (its `[` has no end)")
    return position
