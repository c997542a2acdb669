"""The rehearsal's own certificate authority: of the database, as RDS's on AWS, and of HTTPS, as ACM's."""

import shutil
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import trustme


@dataclass(frozen=True)
class IssuedCertificate:
    """A server's certificate with its chain, and its private key (mode 0600), both as PEM files."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class CertificateAuthority:
    """An authority that lives as long as its folder. `bundle` is the PEM file that its clients trust."""

    folder: Path
    bundle: Path
    _authority: trustme.CA = field(repr=False)

    @classmethod
    def create(cls, folder: Path) -> Self:
        """A new authority; its files are in `folder`, which other users can enter but not list."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        authority = trustme.CA(organization_name="Conducky rehearsal")
        bundle = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(bundle))
        bundle.chmod(0o644)
        return cls(folder, bundle, authority)

    def server_context(self, *hostnames: str) -> ssl.SSLContext:
        """What a server needs to speak TLS 1.2 and newer under these names, and under the local ones."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        issued = self._authority.issue_cert("localhost", "127.0.0.1", "::1", *hostnames)
        issued.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  # it also takes PyOpenSSL's
        return context

    def issue(self, *hostnames: str, owner: str | None = None) -> IssuedCertificate:
        """A certificate for these host names or addresses; only `owner` (settable by root) may read the key."""
        issued = self._authority.issue_cert(*hostnames)
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        folder.chmod(0o711)
        result = IssuedCertificate(folder / "cert.pem", folder / "key.pem")
        result.cert.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        result.cert.chmod(0o644)
        result.key.touch(mode=0o600)
        result.key.write_bytes(issued.private_key_pem.bytes())
        if owner:
            shutil.chown(result.key, owner)
        return result
