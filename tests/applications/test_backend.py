"""The backend's own tests, with what they need: a real Postgres 15 that takes verified TLS only."""

import pytest

from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.images.prisma_engine import prisma_engine
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.repository import ROOT
from tests.applications.npm import npm_test

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


def test_backend_against_postgres() -> None:
    with RunFolder.create() as folder:
        authority = CertificateAuthority.create(folder.path / "ca")
        server = PostgresServer(
            folder,
            name="backend-tests",
            username="tests",
            password="fake-password-for-tests",
            database="tests",
            parameters={"rds.force_ssl": "1"},
            certificate=authority,
            progress=print,
        )
        npm_test(
            "backend",
            {
                "DATABASE_URL": server.url(),
                "NODE_EXTRA_CA_CERTS": str(authority.bundle),
                "PRISMA_SCHEMA_ENGINE_BINARY": str(prisma_engine(ROOT, print)),
            },
        )
