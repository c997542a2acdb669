"""The log book's numbers, which commands rely on where tasks write more than it keeps."""

import os
import time
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


def test_a_line_waits_for_its_end_but_not_for_long(tmp_path: Path) -> None:
    book, log = LogBook(tmp_path), tmp_path / "backend-1.log"
    log.write_text("a\nb")
    assert [line[3] for line in book.lines("backend")] == ["a"]
    before = time.time() - 60
    os.utime(log, (before, before))
    assert [line[3] for line in book.lines("backend")] == ["a", "b"]


def test_the_log_of_one_task_is_read_whole_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_book, "_MOST_LINES", 3)
    monkeypatch.setattr(log_book, "_PAGE_BYTES", 10)
    book, written = LogBook(tmp_path), ["one", "two", "three", "a line that is longer than a page", "", "the end"]
    (tmp_path / "backend-1.log").write_text("\n".join(written))
    read, at = list[str](), 0
    while (page := book.page("backend", "1", at))[1] > at:
        read, at = [*read, *page[0]], page[1]
    assert read[:3] == written[:3]
    assert "".join(read[3:]) == written[3], "in parts, as from AWS; and its last line may continue"
    assert book.page("backend", "1", at, has_ended=True)[0] == ["the end"]
    assert book.page("backend", "2") == ([], 0), "it has written nothing yet"
