"""Reading a Dockerfile."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.images.dockerfile import parse_dockerfile
from conducky.rehearsal.images.stage import (
    Copy,
    MakeFolder,
    Run,
    Stage,
    needed_stages,
)

Parse = Callable[..., list[Stage]]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    def parse(text: str, **build_args: str) -> list[Stage]:
        dockerfile = tmp_path / "backend" / "Dockerfile"
        dockerfile.parent.mkdir(exist_ok=True)
        dockerfile.write_text(text)
        return parse_dockerfile(dockerfile, build_args)

    return parse


def test_a_dockerfile_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM node:24\r\n# caf\xe9\r\n")
    with pytest.raises(UserError) as refused:
        parse_dockerfile(tmp_path / "Dockerfile", {})
    assert "Dockerfile:2" in refused.value.problem
    assert "UTF-8" in refused.value.fix


def test_everything_a_stage_may_hold(parse: Parse) -> None:
    stages = parse(
        """# syntax=docker/dockerfile:1
ARG NODE_IMAGE=node:24
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS base
WORKDIR /app
ENV A=1 B="two words"
ENV A=2 C=$A-c
ENV OLD old form
LABEL x=y
RUN --mount=type=cache,target=/root/.npm,sharing=locked npm ci \\
 # a comment inside
 && npm run build

FROM base AS web
ARG NODE_IMAGE
ARG URL=http://default
ARG UNSET
WORKDIR sub
ENV URL_AT_BUILD=${URL} PATH=/app/bin:$PATH
COPY --chown=1:1 --chmod=755 a b c/
COPY --from=0 /app/x ./y
COPY ["with space", "."]
RUN ["npm", "run", "it's"]
USER 1000:1000
EXPOSE 3000/tcp 3001 4000-4005/tcp
HEALTHCHECK --interval=3s CMD ["true"]
ENTRYPOINT ["./entrypoint.sh"]
CMD ["node", "server.js"]
""",
        URL="http://given",
    )
    base, web = stages
    assert (base.name, base.base) == ("base", "node:24")
    assert base.environment == {"A": "2", "B": "two words", "C": "1-c", "OLD": "old form"}, (
        "as in Docker, a variable set on the same line has its old value there"
    )
    assert base.steps == [
        MakeFolder(4, "/app"),
        Run(9, "npm ci  && npm run build", "/app", base.environment, caches=("/root/.npm",)),
    ]
    assert web.base == 0
    assert web.arguments == {"NODE_IMAGE": "node:24", "URL": "http://given"}
    assert web.environment["URL_AT_BUILD"] == "http://given"
    assert web.environment["PATH"].startswith("/app/bin:/usr/local/sbin:")
    assert web.steps[1:4] == [
        Copy(19, ("a", "b"), "/app/sub/c/", None, 0o755, "1"),
        Copy(20, ("/app/x",), "/app/sub/y", 0, None),
        Copy(21, ("with space",), "/app/sub/", None, None),
    ]
    last = web.steps[4]
    assert isinstance(last, Run)
    assert shlex.split(last.script) == ["npm", "run", "it's"]
    assert last.environment["A"] == "2", "a stage inherits its parent's ENV"
    assert (web.workdir, web.user, web.exposed) == ("/app/sub", "1000:1000", (3000, 3001, 4000))
    assert (web.entrypoint, web.command) == (("./entrypoint.sh",), ("node", "server.js"))


def test_shell_form_and_inherited_command(parse: Parse) -> None:
    stages = parse("FROM node:24 AS a\nCMD npm start\nFROM a\nENTRYPOINT exec node .\nFROM node:24\n")
    assert stages[0].command == ("/bin/sh", "-c", "npm start")
    assert stages[1].entrypoint == ("/bin/sh", "-c", "exec node .")
    assert stages[1].command == (), "a new entry point forgets the inherited command"
    assert stages[2].command == ("node",)


def test_only_needed_stages(parse: Parse) -> None:
    text = "FROM node AS a\nFROM a AS unused\nFROM node AS b\nFROM node\n"
    assert needed_stages(parse(f"{text}COPY --from=b /x .\n")) == [2, 3]
    assert needed_stages(parse(f"{text}RUN --mount=from=b,target=/x ls\n")) == [2, 3]


ENGINE = "this needs a container engine: install Docker or Podman"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM node\nADD https://example.test/x .", rf"backend/Dockerfile:2: ADD of https.*: {ENGINE}"),
        ("FROM node\nADD x.tar.gz .", rf":2: ADD of x.tar.gz.*: {ENGINE}"),
        ("FROM node\nSHELL /bin/bash", r":2: SHELL takes a JSON list"),
        ("FROM node\nSTOPSIGNAL SIGNONE", r":2: STOPSIGNAL SIGNONE is not a signal"),
        ("FROM node\nONBUILD RUN x", rf":2: ONBUILD cannot be rehearsed: {ENGINE}"),
        ("FROM node\nSTAGE x", r":2: unknown instruction: STAGE"),
        ("FROM node\nRUN <<EOF\n#!/usr/bin/env node\n1\nEOF\n", rf":2: this heredoc.*: {ENGINE}"),
        ("FROM node\nRUN <<EOF sh\nnpm ci\nEOF\n", rf":2: this heredoc.*: {ENGINE}"),
        ("FROM node\nCOPY <<EOF /x\nx\nEOF\n", rf":2: this heredoc.*: {ENGINE}"),
        ("FROM node\nRUN --mount=type=secret,id=x npm ci", rf":2: `RUN --mount=type=secret,id=x`.*: {ENGINE}"),
        (
            "FROM node\nRUN --mount=type=bind,source=x npm ci",
            r":2: `RUN --mount=type=bind,source=x` does not say where",
        ),
        ("FROM node\nRUN --mount=target=/ ls", r":2: `RUN --mount=target=/` does not say where: add `target="),
        ("FROM node\nRUN --mount=target=x,from=nginx ls", rf":2: no stage above is named nginx.*: {ENGINE}"),
        ("FROM node\nRUN --mount=type=tmpfs,target=/x ls", rf":2: `RUN --mount=type=tmpfs.*: {ENGINE}"),
        ("FROM node\nRUN --network=none npm ci", rf":2: `RUN --network=none`.*: {ENGINE}"),
        ("FROM node\nCOPY --parents a b", rf":2: the option --parents.*: {ENGINE}"),
        ("FROM node\nCOPY --from=nginx /a b", rf":2: no stage above is named nginx.*: {ENGINE}"),
        ("FROM node\nCOPY a", r":2: COPY needs"),
        ("FROM node\nCOPY --chmod=u+x a b", rf":2: --chmod.*: {ENGINE}"),
        ("FROM node\nEXPOSE x", r":2: EXPOSE"),
        ("FROM node as", r":1: `FROM node as`"),
        ("FROM node\nRUN cat <<-'EOF' > x\n\tx\n\tEOF\n", rf":2: this heredoc.*: {ENGINE}"),
        ("FROM node\nRUN 3<<EOF\nx", r":2: unterminated heredoc"),
        ("FROM node\nENV A", r":2: ENV must have two arguments"),
        ("FROM node\nARG E=\nENV A=${E:?}", r":3: .*E: is not allowed to be empty"),
        ("FROM node\nENV A=${B:?unset}", r":2: .*B: unset"),
        ("FROM ${B:?unset}", r":1: .*B: unset"),
        ("FROM node\nENV A=${X^^}", r":2: .*unsupported modifier"),
        ("FROM node\nENV A=${X", r":2: .*missing '}'"),
        ("FROM node\nENV A=${}", r":2: .*bad substitution"),
        ("FROM node\nENV A=${X/y}", r":2: .*missing '}'|:2: .*missing '/'"),
        ("RUN x\nFROM node", r":1: RUN comes before"),
        ("# nothing\n", r"has no FROM"),
        ("FROM node\nRUN npm ci \\\n", r"ends inside"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused_by_line(parse: Parse, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("x${X}x$X", "xonexone"),
        ("${NO:-d}${X:-d}${NO-d}${EMPTY-d}${EMPTY:-d}", "donedd"),
        ("${X:+yes}${NO:+yes}", "yes"),
        ("'$X'", "$X"),
        ('"$X y"', "one y"),
        ("\\$X", "$X"),
        ("${NO:-$X}", "one"),
        ("a\\ b", "a b"),
        ("$BLANKS", "a b"),
        ("${C:-${A}x}${C:-${X}x}", "xonex"),
        ("${V#v},${V##*.},${V%.*},${V%%.*},${NO#v}", "1.2.3,3,v1.2,v1,"),
        ("${V/./-},${V//./-},${V/v/}", "v1-2.3,v1-2-3,1.2.3"),
        ("${X:?unset}${X?x}", "oneone"),
        ('"${NO:-a b}"', "a b"),
        ('${NO:-"a}b"}', "a}b"),
        ("a$", "a$"),
        ("''", ""),
    ],
)
def test_words_are_read_and_variables_expanded_as_in_docker(parse: Parse, word: str, value: str) -> None:
    (stage,) = parse(f'FROM node\nARG X=one V=v1.2.3 EMPTY= BLANKS="a b"\nENV R={word}\n')
    assert stage.environment == {"R": value}


@pytest.mark.parametrize("script", ["node -e 'a <<b'", "echo $((1<<4))", "grep x <<<y"])
def test_a_shift_or_a_here_string_is_not_a_heredoc(parse: Parse, script: str) -> None:
    (stage,) = parse(f"FROM node\nRUN {script}\n")
    assert [step.script for step in stage.steps if isinstance(step, Run)] == [script]


def test_the_escape_character_may_be_another(parse: Parse) -> None:
    (stage,) = parse("# escape=`\nFROM node\nENV A=1 `\n  B=`$x C=a\\b\n")
    assert stage.environment == {"A": "1", "B": "$x", "C": "a\\b"}


def test_what_has_no_effect_here_is_read_over(parse: Parse) -> None:
    (stage,) = parse("FROM node\nMAINTAINER a\nVOLUME /x\nLABEL a=b\nHEALTHCHECK NONE\nSTOPSIGNAL 2\n")
    assert stage.steps == []
    assert stage.stop_signal == "SIGINT"


def test_a_shell_is_that_of_all_that_follows(parse: Parse) -> None:
    (stage,) = parse('FROM node\nSHELL ["/bin/bash", "-c"]\nRUN a\nRUN ["b"]\nCMD c\n')
    assert [step.shell[0] for step in stage.steps if isinstance(step, Run)] == ["/bin/bash", "/bin/sh"]
    assert stage.command == ("/bin/bash", "-c", "c")


def test_add_of_files_is_a_copy(parse: Parse) -> None:
    (stage,) = parse("FROM node\nADD --chown=node:node . /app/\n")
    assert stage.steps == [Copy(2, (".",), "/app/", None, None, "node")]


def test_the_platform_is_the_images(parse: Parse, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM node\nARG TARGETARCH\nARG TARGETPLATFORM\nENV A=$TARGETARCH\n")
    (stage,) = parse_dockerfile(tmp_path / "Dockerfile", {}, "linux/arm64")
    assert stage.arguments == {"TARGETARCH": "arm64", "TARGETPLATFORM": "linux/arm64"}
    assert stage.environment["A"] == "arm64"


def test_windows_line_ends_and_a_byte_order_mark_are_no_obstacle(parse: Parse) -> None:
    (stage,) = parse("\ufeffFROM node\r\nENV A=1 \\\r\n  B=2\r\nRUN x\r\n")
    assert stage.environment == {"A": "1", "B": "2"}
    assert [step.script for step in stage.steps if isinstance(step, Run)] == ["x"]
