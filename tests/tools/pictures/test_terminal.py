"""The terminal of the README's picture: what a person would see, and nothing cut off."""

import sys
import time
from pathlib import Path

from tools.pictures.terminal import COLUMNS, Terminal

_PROGRAM = """
import sys
sys.stdout.write("working" + "\\x1b[1K\\r" + "\\x1b[32m✓\\x1b[0m page <served> \\x1b[2m7 KiB\\x1b[0m\\n")
sys.stdout.write("\\x1b[1mready\\x1b[0m\\n" + "https://localhost/join#" + "x" * 120 + "\\nafter\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def run(tmp_path: Path) -> Terminal:
    terminal = Terminal([sys.executable, "-c", _PROGRAM], tmp_path, {})
    deadline = time.monotonic() + 60
    while "after" not in terminal.text and time.monotonic() < deadline:
        time.sleep(0.02)
    return terminal


def test_it_shows_the_end_of_what_moved_and_ends_as_by_ctrl_c(tmp_path: Path) -> None:
    terminal = run(tmp_path)
    assert terminal.text.splitlines()[:2] == ["✓ page <served> 7 KiB", "ready"]
    assert terminal.is_quiet(0)
    assert not terminal.is_quiet(3600)
    assert terminal.end() != 0


def test_a_line_longer_than_the_screen_is_wrapped_in_the_picture_and_whole_as_text(tmp_path: Path) -> None:
    terminal = run(tmp_path)
    link = f"https://localhost/join#{'x' * 120}"
    assert link in terminal.unwrapped.splitlines()
    assert [len(line) for line in terminal.text.splitlines()[2:4]] == [COLUMNS, len(link) - COLUMNS]
    terminal.end()


def test_as_html_it_has_the_colours_and_is_escaped(tmp_path: Path) -> None:
    terminal = run(tmp_path)
    html = terminal.as_html()
    assert '<span style="color:#7ee787">✓</span>' in html
    assert "&lt;served&gt;" in html
    assert 'font-weight:700">ready</span>' in html
    assert len(html.splitlines()) == 5
    terminal.end()
