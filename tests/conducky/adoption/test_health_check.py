"""What a Dockerfile says about the health check, in the forms that Docker takes, and about the port."""

import pytest

from tests.conducky.adoption.sources import NODE, Repository


def health(repository: Repository, dockerfile: str) -> str | None:
    """The path that was found, which is not written where it is the default."""
    found = repository.backend(Dockerfile=dockerfile).get("healthPath", "/health")
    return None if "no route for a health check was found" in repository.said else found


@pytest.mark.parametrize(
    "lines",
    [
        "HEALTHCHECK --interval=5s \\\n# A comment\n  --start-period=5s \\\n\n  CMD curl -f http://localhost:1/up",
        "HEALTHCHECK --interval=5s \\\n# curl http://localhost:1/old\n  CMD curl -f http://localhost:1/up",
        "HEALTHCHECK\tCMD\tcurl -f http://localhost:1/up",
        "HEALTHCHECK CMD curl http://localhost:1/up\nRUN <<END\nHEALTHCHECK CMD curl http://localhost:1/old\nEND",
        "HEALTHCHECK CMD curl -f http://localhost:1/up\r\nUSER 1000\r",
    ],
)
def test_comments_and_heredocs_are_none_of_it(repository: Repository, lines: str) -> None:
    assert health(repository, f"{NODE}EXPOSE 1\n{lines}\n") == "/up"


def test_another_character_that_continues_a_line(repository: Repository) -> None:
    lines = "EXPOSE 1\nHEALTHCHECK --interval=5s `\n  CMD curl http://localhost:1/up\n"
    assert health(repository, f"# escape=`\n{NODE}{lines}") == "/up"


@pytest.mark.parametrize(("last", "path"), [("FROM first", "/up"), ("FROM node:24", None), ("FROM second", "/two")])
def test_one_of_another_stage_counts_if_the_image_is_built_on_it(
    repository: Repository, last: str, path: str | None
) -> None:
    first = f"{NODE.replace('slim', 'slim AS first')}HEALTHCHECK CMD curl http://localhost:1/up\n"
    second = "FROM first AS second\nHEALTHCHECK CMD curl http://localhost:1/two\n"
    assert health(repository, f"{first}{second}{last}\nEXPOSE 1\n") == path


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("curl -f localhost:1", "/"),
        ("curl -f http://localhost || exit 1", "/"),
        ("curl -f http://$(hostname):1/up", "/up"),
        ("wget -qO- http://localhost:${PORT:-3000}/up", "/up"),
        ('node -e "fetch(`http://localhost:${process.env.PORT || 3000}/up`)"', "/up"),
        ("node -e \"fetch('http://localhost:' + (process.env.PORT || 3000) + '/up')\"", "/up"),
        ("test -f /tmp/localhost && curl -f http://localhost:1/up", "/up"),
        ('node -e "fetch(\\`http://localhost:\\${process.env.PORT}/up\\`)"', "/up"),
        ("bash -c 'exec 3<>/dev/tcp/localhost/3000'", None),
        ("nc -z localhost 3000", None),
        ("redis-cli -h 127.0.0.1 ping", None),
        ("node -e \"require('http').get({host: 'localhost', port: 1, path: '/up'})\"", None),
        ("curl http://localhost:1$HEALTH_PATH", None),
    ],
)
def test_the_path_of_the_command(repository: Repository, command: str, path: str | None) -> None:
    assert health(repository, f"{NODE}EXPOSE 1\nHEALTHCHECK CMD {command}\n") == path


@pytest.mark.parametrize(("lines", "port"), [("EXPOSE 9229\nEXPOSE 7002", 7002), ("EXPOSE 7002 7001", 7002)])
def test_the_first_port_that_is_not_a_debuggers(repository: Repository, lines: str, port: int) -> None:
    assert repository.backend(Dockerfile=f"{NODE}{lines}\n")["port"] == port
