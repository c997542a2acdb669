"""Policy documents, and the wildcards of IAM policies and listener rules."""

import json
import re
from typing import Any, cast

from conducky.catalog.property_bag import Properties


def statements(document: object) -> list[Properties]:
    """The statements of a policy document in JSON, which need not be a list; none without a document."""
    found: Any = json.loads(str(document or '{"Statement": []}'))["Statement"]
    return cast("list[Properties]", found if isinstance(found, list) else [found])


def listed(value: object) -> list[str]:
    """The values of a policy's element, which may be a single one."""
    return [str(each) for each in cast("list[object]", value if isinstance(value, list) else [value])]


def matches_any(patterns: object, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole text matches a pattern, or one of several."""
    return any(matches_wildcards(each, text, ignore_case=ignore_case) for each in listed(patterns))


def matches_wildcards(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the whole text matches: `*` is any characters, also none, and `?` is one."""
    expression = "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern)
    return re.fullmatch(expression, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None
