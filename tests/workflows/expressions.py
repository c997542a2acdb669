"""The part of GitHub's expressions that these workflows use: names, texts, `==`, `!=`, `&&` and `||`."""

import re
from collections.abc import Mapping
from typing import Any, cast

_HOLE = re.compile(r"\$\{\{(.*?)\}\}")


def filled_in(text: object, contexts: Mapping[str, Any]) -> str:
    """A value of a workflow with its expressions replaced by what they are."""
    if isinstance(text, bool):
        return str(text).lower()
    return _HOLE.sub(lambda hole: _written(value(hole[1], contexts)), str(text))


def _written(found: object) -> str:
    return str(found).lower() if isinstance(found, bool) else str(found)


def holds(condition: str, contexts: Mapping[str, Any], *, failed: bool) -> bool:
    """Whether a step runs: after a failure only where its condition says `always()`."""
    if "always()" in condition:
        return True
    return not failed and bool(value(condition, contexts))


def value(expression: str, contexts: Mapping[str, Any]) -> object:
    """What an expression is. As on GitHub, a name that is not there is an empty text."""
    text = " ".join(expression.split())
    for operator in (" || ", " && "):
        if operator in text:
            parts = text.split(operator)
            found: object = ""
            for part in parts:
                found = value(part, contexts)
                if bool(found) == (operator == " || "):
                    return found
            return found
    for operator in (" == ", " != "):
        if operator in text:
            left, right = (str(value(part, contexts)) for part in text.split(operator))
            return (left == right) == (operator == " == ")
    return _name_or_text(text.strip(), contexts)


def _name_or_text(text: str, contexts: Mapping[str, Any]) -> object:
    if text in {"", "true", "false"}:
        return text != "false"
    if text.startswith("'"):
        return text.strip("'")
    assert re.fullmatch(r"[\w.-]+", text), f"the tests do not know the expression {text!r}"
    found: object = contexts
    for part in text.split("."):
        found = _member(found, part)
    return found


def _member(of: object, name: str) -> object:
    return cast("Mapping[str, object]", of).get(name, "") if isinstance(of, Mapping) else ""
