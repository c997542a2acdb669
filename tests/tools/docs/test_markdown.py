from tools.docs.markdown import table


def test_a_table_has_a_header_a_rule_and_a_line_for_each_row() -> None:
    assert table(("A", "B"), [("1", "2"), ("3", "4")]) == "| A | B |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |\n"


def test_a_bar_in_a_cell_does_not_end_the_cell() -> None:
    assert table(("A",), [("one | two",)]).splitlines()[-1] == "| one \\| two |"
