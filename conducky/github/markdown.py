"""Text of others inside Markdown that we write."""

import re

from conducky.errors import printable


def code(text: str, language: str = "text") -> str:
    """A block of code that nothing in the text can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = "\n".join(printable(line) for line in text.splitlines())
    return f"{fence}{language}\n{lines}\n{fence}"


def folded(summary: str, content: str) -> str:
    """A part that is shown once it is opened."""
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"
