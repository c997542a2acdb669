"""PostgreSQL's configuration files for a server that behaves as RDS."""

import re
from collections.abc import Mapping
from pathlib import Path

from conducky.errors import UserError, quoted
from conducky.rehearsal.certificates import IssuedCertificate
from conducky.rehearsal.processes.ports import addresses

# As on RDS, but faster instead of safe: the data ends with the rehearsal.
_DEFAULTS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def server_settings(parameters: Mapping[str, str], port: int, certificate: IssuedCertificate) -> str:
    """What postgresql.conf includes: an RDS parameter group, and what the rehearsal itself decides.

    Left out are RDS's own `rds.*` parameters and values computed from the instance class (`{DBInstanceClassMemory/…}`).
    """
    chosen = {
        name: value for name, value in parameters.items() if not name.startswith("rds.") and not value.startswith("{")
    }
    settings = {
        **_DEFAULTS,
        **chosen,
        "listen_addresses": ",".join(addresses()),
        "port": str(port),
        "unix_socket_directories": "",
        # Nothing of it in /dev/shm, where a killed server would leave it.
        "dynamic_shared_memory_type": "mmap",
        "password_encryption": "scram-sha-256",
        "logging_collector": "off",
        "log_destination": "stderr",
        "log_line_prefix": "%m [%p] ",
        "ssl": "on",
        "ssl_cert_file": str(certificate.cert),
        "ssl_key_file": str(certificate.key),
    }
    return "".join(f"{_checked(name)} = {_quoted(value)}\n" for name, value in settings.items())


def access_rules(parameters: Mapping[str, str]) -> str:
    """pg_hba.conf: a password always, and TLS unless the group sets `rds.force_ssl` to 0 (RDS 15's default is 1)."""
    kinds = ["hostssl"] if parameters.get("rds.force_ssl", "1") == "1" else ["hostssl", "hostnossl"]
    return "".join(
        f"{kind} all all {network} scram-sha-256\n" for kind in kinds for network in ("127.0.0.1/32", "::1/128")
    )


def write_configuration(data: Path, parameters: Mapping[str, str], port: int, certificate: IssuedCertificate) -> None:
    """Write both into a data folder, where the server reads them at its next start or reload."""
    files = {
        "rehearsal.conf": server_settings(parameters, port, certificate),
        "postgresql.conf": "include 'rehearsal.conf'\n",
        "pg_hba.conf": access_rules(parameters),
    }
    for name, text in files.items():
        (data / name).write_text(text, encoding="utf-8")
        (data / name).chmod(0o644)  # The folder is closed; the server's user must read what root wrote


def startup_failure(database: str, log: str) -> UserError:
    """The error for a server that did not start, with the last lines of its log."""
    lines = [re.sub(r"^\S+ \S+ \S+ \[\d+\] ", "", line) for line in log.splitlines() if line.strip()]
    reason = " / ".join(lines[-3:]) or "its log is empty"
    return UserError(
        f"PostgreSQL for the database {database} did not start ({reason})",
        "correct the instance or its parameter group in platform/database.py and run `make rehearse` again",
    )


def _checked(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", name):
        raise UserError(
            f"the parameter group names {quoted(name)}, which is not a PostgreSQL parameter",
            "correct it in platform/database.py",
        )
    return name


def _quoted(value: str) -> str:
    one_line = " ".join(value.splitlines())
    return "'" + one_line.replace("\\", "\\\\").replace("'", "''") + "'"
