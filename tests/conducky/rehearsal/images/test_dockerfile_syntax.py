"""Taking an instruction's words apart."""

import pytest

from conducky.rehearsal.images.dockerfile_syntax import expand_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a  b", ["a", "b"]),
        ("$X ${X} x${X}x", ["one", "one", "xonex"]),
        ("${NO:-d} ${X:-d} ${NO-d} ${EMPTY-d} ${EMPTY:-d}", ["d", "one", "d", "", "d"]),
        ("${X:+yes} ${NO:+yes}", ["yes", ""]),
        ("'$X' \"$X y\" \\$X", ["$X", "one y", "$X"]),
        ("${NO:-$X}", ["one"]),
        ("a\\ b", ["a b"]),
        ("$BLANKS", ["a b"]),
        ("''", [""]),
    ],
)
def test_words_and_variables(text: str, words: list[str]) -> None:
    assert expand_words(text, {"X": "one", "EMPTY": "", "BLANKS": "a b"}) == words
