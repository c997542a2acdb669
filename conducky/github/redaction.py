"""Text of others in what we write for people: without secrets, and inside of Markdown."""

import re
from typing import Final

from conducky.environment import DEPLOY_VARIABLES, variable
from conducky.errors import printable
from conducky.secret_values import all_secrets

HIDDEN: Final = "***"

# Shorter values are words that occur anyhow, and hiding each would hide the text.
_SHORTEST = 8
_ALSO_SECRET = ("AWS_SESSION_TOKEN", "GITHUB_TOKEN")
_FORMS = (
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),  # the id of an AWS key
    re.compile(r"\bpul-[0-9a-f]{40}\b"),  # a Pulumi token
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_\w{22,}"),  # GitHub's tokens
    re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"),  # user and password in an address, such as DATABASE_URL
)


def redact(text: str) -> str:
    """The text without the secrets of this environment, and without what looks like one."""
    ours = (name for name, kept in DEPLOY_VARIABLES.items() if kept.github == "secret")
    values = {variable(name) or "" for name in (*ours, *all_secrets(), *_ALSO_SECRET)}
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = text.replace(value, HIDDEN)
    for form in _FORMS:
        text = form.sub(HIDDEN, text)
    return text


def code(text: str) -> str:
    """A block of code that nothing in the text can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = "\n".join(printable(line) for line in text.splitlines())
    return f"{fence}text\n{lines}\n{fence}"


def folded(summary: str, content: str) -> str:
    """A part that is shown once it is opened."""
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"
