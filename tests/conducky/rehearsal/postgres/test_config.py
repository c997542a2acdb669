from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.certificates import IssuedCertificate
from conducky.rehearsal.postgres.config import access_rules, server_settings, startup_failure

CERTIFICATE = IssuedCertificate(Path("/a folder/cert.pem"), Path("/a folder/key.pem"))


def settings(**parameters: str) -> list[str]:
    return server_settings(
        {name.replace("__", "."): value for name, value in parameters.items()}, 5432, CERTIFICATE
    ).splitlines()


def test_a_parameter_of_postgresql_is_passed_on() -> None:
    assert "log_min_duration_statement = '500'" in settings(log_min_duration_statement="500")
    assert "search_path = '''it''s \\\\ here'''" in settings(search_path="'it's \\ here'")


def test_what_only_rds_understands_is_left_out() -> None:
    assert settings(rds__force_ssl="1", shared_buffers="{DBInstanceClassMemory/32768}") == settings()


def test_the_rehearsal_decides_where_the_server_listens() -> None:
    assert [line for line in settings(port="1", ssl="off") if line.startswith(("port", "ssl ="))] == [
        "port = '5432'",
        "ssl = 'on'",
    ]


def test_a_name_cannot_smuggle_in_another_line() -> None:
    with pytest.raises(UserError, match="not a PostgreSQL parameter"):
        settings(**{"x = 1\nfsync": "on"})
    assert "x = 'a b = 1'" in settings(x="a\nb = 1")


@pytest.mark.parametrize(
    ("parameters", "plain"), [({}, False), ({"rds.force_ssl": "1"}, False), ({"rds.force_ssl": "0"}, True)]
)
def test_plain_connections_are_let_in_only_without_force_ssl(parameters: dict[str, str], *, plain: bool) -> None:
    assert ("hostnossl" in access_rules(parameters)) == plain
    assert "trust" not in access_rules(parameters)


def test_a_failure_is_one_sentence_in_postgresql_s_words() -> None:
    error = startup_failure(
        "db", "2026-01-01 00:00:00.000 UTC [7] LOG:  one\n\n2026-01-01 00:00:00.000 UTC [7] FATAL:  two\n"
    )
    assert "the database db did not start (LOG:  one / FATAL:  two)" in str(error)
    assert "\n" not in str(error)
