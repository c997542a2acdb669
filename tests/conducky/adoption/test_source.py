"""What an application's own files say, and those of the packages of its workspace."""

from tests.conducky.adoption.sources import SERVER, Repository


def test_the_packages_of_a_workspace_that_an_application_depends_on_are_read_too(repository: Repository) -> None:
    repository.write(
        {
            **SERVER,
            "api/package.json": '{"dependencies": {"express": "5", "@acme/db": "workspace:*"}}',
            "packages/db/package.json": '{"name": "@acme/db", "dependencies": {"@acme/mail": "*", "prisma": "7"}}',
            "packages/db/prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}',
            "packages/db/prisma/migrations/1/migration.sql": "",
            "packages/mail/package.json": '{"name": "@acme/mail", "dependencies": {"@acme/db": "*"}}',
            "packages/mail/index.ts": "process.env.SMTP_PASSWORD",
            "packages/other/package.json": '{"name": "@acme/other"}',
            "packages/other/index.ts": "process.env.OTHER_TOKEN",
        }
    )
    backend = repository.adopt()["backend"]
    assert backend["migrations"] == "command"
    assert backend["secrets"] == ["SMTP_PASSWORD"]
    assert "Prisma 7 has some (shop/packages/db/prisma/schema.prisma)" in repository.said
    assert "have a prisma.config.ts there, for shop/packages/db/prisma/schema.prisma" in repository.said
