"""Taking an instruction's words apart."""

import pytest

from conducky.rehearsal.images.dockerfile_syntax import expand_words, is_heredoc


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
        ("${C:-${A}x} ${C:-${X}x}", ["x", "onex"]),
        ("${V#v} ${V##*.} ${V%.*} ${V%%.*} ${NO#v}", ["1.2.3", "3", "v1.2", "v1", ""]),
        ("${V/./-} ${V//./-} ${V/v}", ["v1-2.3", "v1-2-3", "1.2.3"]),
        ("${X:?set X} ${X?x}", ["one", "one"]),
        ('"${NO:-a b}" ${NO:-a b} ${NO:-"a}b"}', ["a b", "a b", "a}b"]),
        ("a$ $", ["a$", "$"]),
        ("''", [""]),
    ],
)
def test_words_and_variables(text: str, words: list[str]) -> None:
    assert expand_words(text, {"X": "one", "V": "v1.2.3", "EMPTY": "", "BLANKS": "a b"}) == words


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${NO:?set NO first}", r"NO is not set \(set NO first\)"),
        ("${EMPTY:?}", "EMPTY is not set"),
        ("${X^^}", r"`\$\{X.* is not an expansion"),
        ("${X", "is not an expansion"),
        ("${}", "is not an expansion"),
    ],
)
def test_an_expansion_that_docker_refuses_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        expand_words(text, {"X": "one", "EMPTY": ""})


@pytest.mark.parametrize(
    ("text", "heredoc"),
    [
        ("<<EOF", True),
        ("cat <<-'EOF' > x", True),
        ("3<<EOF", True),
        ("node -e 'a <<b'", False),
        ("echo $((1<<4))", False),
        ("grep x <<<y", False),
    ],
)
def test_heredocs_are_told_from_shifts(text: str, *, heredoc: bool) -> None:
    assert is_heredoc(text) is heredoc
