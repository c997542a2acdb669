from conducky.github.redaction import code, folded


def test_a_text_cannot_end_its_block() -> None:
    assert code("a\n````\n# not a heading") == "`````text\na\n````\n# not a heading\n`````"


def test_what_a_terminal_would_act_upon_is_escaped() -> None:
    assert code("\x1b[31mred") == "```text\n\\x1b[31mred\n```"


def test_a_folded_part_keeps_its_markdown() -> None:
    """GitHub reads Markdown inside HTML only after an empty line."""
    assert folded("more", "**x**") == "<details><summary>more</summary>\n\n**x**\n\n</details>"
