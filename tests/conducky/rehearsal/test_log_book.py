"""The log book's numbers, which commands rely on where tasks write more than it keeps."""

from pathlib import Path

import pytest

from conducky.rehearsal import log_book
from conducky.rehearsal.log_book import LogBook


def test_a_number_never_occurs_twice_also_where_old_lines_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_book, "_MOST_LINES", 3)
    book, log = LogBook(tmp_path), tmp_path / "backend-1.log"
    log.write_text("a\nb\n")
    assert [line[1::2] for line in book.lines("backend")] == [(0, "a"), (1, "b")]
    with log.open("a") as opened:
        opened.write("c\nd\ne\n")
    assert [line[1::2] for line in book.lines("backend")] == [(2, "c"), (3, "d"), (4, "e")]
    (tmp_path / "backend-2.log").write_text("f\n")
    assert [line[1::2] for line in book.lines("backend", since=4)] == [(4, "e"), (5, "f")]
    assert book.lines("backend", since=6) == []
    assert [line[1] for line in book.lines("backend", since=0)] == [3, 4, 5]
