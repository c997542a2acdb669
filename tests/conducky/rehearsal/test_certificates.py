import os
import pwd
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from conducky.rehearsal.certificates import CertificateAuthority, IssuedCertificate


def handshake(server: IssuedCertificate, bundle: Path, hostname: str) -> None:
    """One TLS connection to a server with this certificate, checked as a client that trusts `bundle` does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.cert, server.key)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client = ssl.create_default_context(cafile=bundle)
        client.wrap_socket(ours, server_hostname=hostname).close()
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("hostname", ["localhost", "db.abc.us-east-1.rds.amazonaws.com", "127.0.0.1", "::1"])
def test_a_client_with_the_bundle_accepts_the_certificate(tmp_path: Path, hostname: str) -> None:
    authority = CertificateAuthority.create(tmp_path / "a folder")
    handshake(authority.issue("first", hostname), authority.bundle, hostname)


def test_another_host_name_is_refused(tmp_path: Path) -> None:
    authority = CertificateAuthority.create(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(authority.issue("localhost"), authority.bundle, "example.com")


def test_another_authority_is_refused(tmp_path: Path) -> None:
    authority, other = CertificateAuthority.create(tmp_path / "one"), CertificateAuthority.create(tmp_path / "two")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(authority.issue("localhost"), other.bundle, "localhost")


def test_only_the_owner_reads_the_key(tmp_path: Path) -> None:
    owner = "nobody" if os.geteuid() == 0 else None
    issued = CertificateAuthority.create(tmp_path).issue("localhost", owner=owner)
    status = issued.key.stat()
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_uid == (pwd.getpwnam("nobody").pw_uid if owner else os.geteuid())
