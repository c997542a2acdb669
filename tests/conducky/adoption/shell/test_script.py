import pytest

from conducky.adoption.shell import Script, line_of, name_of, program_of


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("gosu node server", "gosu"),
        ("exec gosu node server", "gosu"),
        ("exec /usr/sbin/gosu node server", "gosu"),
        ("env -i A=b gosu node", "gosu"),
        ("exec dumb-init -- gosu node", "gosu"),
        ("A=b gosu node", "gosu"),
        ("'gosu' node", "gosu"),
        ("exec", ""),
        ("echo gosu", "echo"),
    ],
)
def test_the_program_that_a_command_starts(text: str, program: str) -> None:
    (command,) = Script(text).commands
    assert program_of(command) == program


def test_commands_are_found_in_their_order_wherever_they_are() -> None:
    text = "one\nf() {\n  two $(three)\n}\nif four; then five; fi | (six)\n"
    commands = Script(text).commands
    assert [name_of(each) for each in commands] == ["one", "two", "three", "four", "five", "six"]
    assert [line_of(each) for each in commands] == [1, 3, 3, 5, 5, 5]


@pytest.mark.parametrize("text", ["", "(" * 5_000, "if " * 5_000, "é" * 99 + "\x00 $(", "<<E\n" * 99_999])
def test_any_text_is_read(text: str) -> None:
    assert isinstance(Script(text).commands, list)
