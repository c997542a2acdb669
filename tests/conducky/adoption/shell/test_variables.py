import pytest

from conducky.adoption.shell import Script, variables_read


def names(text: str, *, optional: bool | None = None) -> list[str]:
    return [each.name for each in variables_read(Script(text)) if optional in (None, each.is_optional)]


@pytest.mark.parametrize(
    "text",
    [
        "echo $TOKEN",
        'echo "${TOKEN}"',
        "${TOKEN:?is missing}",
        'if [ "$TOKEN" = "x" ]; then echo; fi',
        "[[ $TOKEN == x ]] && echo",
        "export URL=https://x/$TOKEN",
        "start() { echo $TOKEN; }",
        "X=$(echo $TOKEN)",
        "cat <<EOF\n$TOKEN\nEOF",
        "envsubst '$TOKEN' <in >out",
        "envsubst '${TOKEN}' <in >out",
        '[ -n "$TOKEN" ] && echo; echo $TOKEN',
    ],
)
def test_a_script_that_needs_a_variable(text: str) -> None:
    assert names(text, optional=False) == ["TOKEN"]


@pytest.mark.parametrize(
    "text", ["${TOKEN:-x}", "${TOKEN-}", "${TOKEN:=x}", "${TOKEN:+x}", '[ -z "${TOKEN}" ]', "[[ -n $TOKEN ]]"]
)
def test_one_that_can_do_without(text: str) -> None:
    assert names(f"echo {text}" if text.startswith("$") else text, optional=True) == ["TOKEN"]


@pytest.mark.parametrize(
    "text",
    [
        "TOKEN=x; echo $TOKEN",
        "export TOKEN=x\necho $TOKEN",
        "for TOKEN in a b; do echo $TOKEN; done",
        "read -r TOKEN; echo $TOKEN",
        "echo '$TOKEN'",
        "echo \\$TOKEN",
        "# $TOKEN",
        "echo $token $1 $@ $? $RANDOM ${BASH_SOURCE[0]} $UID",
        "cat <<'EOF'\n$TOKEN\nEOF",
    ],
)
def test_what_is_not_of_the_environment(text: str) -> None:
    assert names(text) == []


def test_the_first_line_of_each_is_known() -> None:
    text = "#!/bin/sh\n\necho $FIRST\necho $SECOND $FIRST\n"
    assert [(each.name, each.line) for each in variables_read(Script(text))] == [("FIRST", 3), ("SECOND", 4)]
