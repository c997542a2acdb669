"""What commands print is never expected to be UTF-8."""

import ast

from conducky.repository import ROOT


def test_the_output_of_a_command_is_read_whatever_its_encoding_is() -> None:
    strict = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in sorted((ROOT / "conducky").rglob("*.py"))
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and "text" in (named := {each.arg for each in call.keywords})
        and ast.unparse(call.func).startswith("subprocess.")
        and "errors" not in named
    ]
    assert strict == [], 'write errors="replace", or use conducky.subprocesses.output_of'
