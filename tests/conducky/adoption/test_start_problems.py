"""What the scripts of a start do that goes wrong in a task, or goes wrong unnoticed."""

import pytest

from tests.conducky.adoption.sources import NODE, Repository
from tests.conducky.adoption.test_problems import problems

SCHEMA = {"prisma/schema.prisma": "", "prisma/migrations/1/migration.sql": ""}
WITHOUT = "or a release whose migrations fail goes live without them"
AS_ROOT = "which only root may, and no task runs as root: "


def of_script(repository: Repository, text: str, *, user: str = "") -> list[str]:
    script = f"#!/bin/sh\n{text}\nexec node .\n"
    return problems(repository, f'{user}ENTRYPOINT ["./start.sh"]\n', **{"start.sh": script})


@pytest.mark.parametrize(
    "command",
    [
        "npx prisma migrate deploy",
        "./node_modules/.bin/prisma migrate deploy --schema=prisma/schema.prisma",
        "node node_modules/prisma/build/index.js migrate deploy",
        '"$PRISMA_BIN" migrate deploy',
        "${PRISMA} migrate deploy",
        "npm run start",
    ],
)
def test_migrations_whose_failure_is_ignored(repository: Repository, command: str) -> None:
    text = f"set -e\n{command} || true"
    manifest = '{"dependencies": {"express": "5"}, "scripts": {"start": "prisma migrate deploy"}}'
    script = {"start.sh": f"#!/bin/sh\n{text}\nexec node .\n", "package.json": manifest}
    (problem,) = problems(repository, 'ENTRYPOINT ["./start.sh"]\n', **script)
    assert problem == (
        f"shop/api/start.sh:3 ignores it when `{command}` fails (`|| true` follows): remove `|| true`, {WITHOUT}"
    )


def test_a_function_that_migrates(repository: Repository) -> None:
    (problem,) = of_script(repository, "set -e\nmigrate() {\n  npx prisma migrate deploy\n}\nmigrate || echo later")
    assert problem.startswith("shop/api/start.sh:4 ignores it when `npx prisma migrate deploy` fails (`|| echo later`")


@pytest.mark.parametrize(
    "command", ["npx prisma migrate deploy; node .", '["sh", "-c", "npx prisma migrate deploy; node ."]']
)
def test_the_command_of_an_image(repository: Repository, command: str) -> None:
    (problem,) = problems(repository, f"CMD {command}\n")
    place = "CMD in shop/api/Dockerfile:5"
    assert problem.startswith(f"{place} ignores it when `npx prisma migrate deploy` fails (`;` follows): write `&&`")


def test_the_script_of_a_package(repository: Repository) -> None:
    (problem,) = problems(repository, "CMD npm start\n", start="prisma migrate deploy & node .")
    assert problem.startswith(
        "the script `start` of shop/api/package.json ignores it when `prisma migrate deploy` fails"
    )


def test_a_file_that_the_dockerfile_writes(repository: Repository) -> None:
    dockerfile = "COPY <<EOF ./start.sh\n#!/bin/sh\nnpx prisma migrate deploy\nnode .\nEOF\nCMD ./start.sh\n"
    (problem,) = problems(repository, dockerfile)
    assert problem.startswith(
        "COPY in shop/api/Dockerfile:5 ignores it when `npx prisma migrate deploy` fails (no `set"
    )


@pytest.mark.parametrize(
    "text",
    [
        "set -e\nnpx prisma migrate deploy",
        "echo npx prisma migrate deploy || true",
        'echo "Run prisma migrate deploy, not prisma migrate dev or nodemon"',
        "npm run other || true",
        "npx prisma migrate status || true",
    ],
)
def test_nothing_is_ignored(repository: Repository, text: str) -> None:
    assert of_script(repository, text) == []


def test_a_secret_that_a_command_begins_with_is_not_shown(repository: Repository) -> None:
    (problem,) = of_script(repository, "DATABASE_URL=postgres://fake-secret npx prisma migrate deploy || true")
    assert "`npx prisma migrate deploy`" in problem
    assert "fake-secret" not in repository.said


@pytest.mark.parametrize(
    ("text", "program", "fix"),
    [
        ('exec su-exec node "$@"', "su-exec", "start the program without it"),
        ("exec gosu node:node node .", "gosu", "start the program without it"),
        ("chown -R node:node /app/uploads", "chown", "do it in the Dockerfile"),
        ("apk add --no-cache curl", "apk", "do it in the Dockerfile"),
        ("crond -b", "crond", "remove it, and let the worker do what it did"),
    ],
)
def test_what_only_root_may(repository: Repository, text: str, program: str, fix: str) -> None:
    (problem,) = of_script(repository, f"set -e\n{text}")
    assert problem == f"shop/api/start.sh:3 runs `{program}`, {AS_ROOT}{fix}"
    assert of_script(repository, text, user="USER node\n") == [], "it would have failed in a container too"


@pytest.mark.parametrize(
    "text",
    [
        'if [ "$(id -u)" = 0 ]; then\n  chown -R node /app\n  exec gosu node "$0" "$@"\nfi',
        '[ "$EUID" -eq 0 ] && chown -R node /app',
        "chown -R node /app || true",
        "echo chown gosu",
    ],
)
def test_what_does_without_root(repository: Repository, text: str) -> None:
    assert of_script(repository, f"set -e\n{text}") == []


@pytest.mark.parametrize("command", ["npx prisma generate", "next build", "npx --yes prisma@7 generate"])
def test_what_writes_into_the_image(repository: Repository, command: str) -> None:
    (problem,) = of_script(repository, f"set -e\n{command}")
    assert problem.startswith("shop/api/start.sh:3 runs `")
    assert problem.endswith(
        "writes into the image, where only root may, and no task runs as root: do it in the Dockerfile"
    )
    assert of_script(repository, f"set -e\n{command}", user="USER node\n") == []
    assert of_script(repository, f"set -e\n{command}", user="RUN chown -R 1000 /app\n") == []


def test_the_variables_that_a_script_reads_are_named(repository: Repository) -> None:
    text = (
        'set -e\n[ "$RUN_MIGRATIONS" != true ] || npx prisma migrate deploy\necho ${LEVEL:-info} $DB_HOST $APP_SECRET\n'
    )
    settings = repository.backend(
        **{
            "start.sh": f"#!/bin/sh\n{text}exec node .\n",
            "Dockerfile": f'{NODE}ENV SET=1\nENTRYPOINT ["./start.sh"]\nCMD ["node", "$SET"]\n',
        }
    )
    assert "! RUN_MIGRATIONS (shop/api/start.sh:3) got no value: set it in `variables`" in repository.said
    assert (
        "! DB_HOST (shop/api/start.sh:4) is not set: the backend gets its database as DATABASE_URL" in repository.said
    )
    assert settings["secrets"] == ["APP_SECRET"]
    assert "LEVEL" not in repository.said


PRUNED = f"RUN npm ci --omit=dev\n{NODE}ENV NODE_EXTRA_CA_CERTS=/x\n"
MODULES = "COPY --from=0 /app/node_modules ./node_modules\n"
COREPACK = "RUN corepack enable\nRUN pnpm install\n"


@pytest.mark.parametrize(
    ("before", "command", "named"),
    [
        (COREPACK, "pnpm start", "pnpm"),
        (f"{COREPACK}USER node\n", '["yarn", "serve"]', "yarn"),
        ("RUN corepack enable && corepack prepare pnpm@9 --activate\n", "exec pnpm start", "pnpm"),
        (COREPACK, "node .", ""),
        (f"ENV COREPACK_HOME=/opt/corepack\n{COREPACK}", "pnpm start", ""),
        ("RUN corepack enable\nUSER node\nRUN pnpm install\n", "pnpm start", ""),
        ("RUN npm install --global pnpm\nRUN pnpm install\n", "pnpm start", ""),
    ],
)
def test_a_package_manager_that_each_task_downloads(
    repository: Repository, before: str, command: str, named: str
) -> None:
    found = problems(repository, f"{before}CMD {command}\n")
    assert ["which corepack downloads again as each task starts: run `node` itself" in line for line in found] == [
        True
    ] * bool(named)
    assert all(f"runs `{named}`" in line for line in found)


@pytest.mark.parametrize(
    ("run", "named"),
    [
        ("RUN npm ci --omit=dev", True),
        ("RUN npm install --production && npm cache clean --force", True),
        ("RUN npm ci && npm run build && npm prune --omit dev", True),
        ("RUN pnpm install --prod --frozen-lockfile", True),
        ("RUN pnpm --filter api deploy --prod /out", True),
        ("RUN yarn --production", True),
        ("RUN yarn install --production=true", True),
        ("RUN bun install --production", True),
        ("ENV NODE_ENV=production\nRUN npm ci", True),
        ("ENV NODE_ENV=production\nRUN npm ci --include=dev", False),
        ("RUN npm ci\nENV NODE_ENV=production", False),
        ("RUN yarn install --production=false", False),
        ("RUN npm ci --omit=dev && npm install -g prisma@7", False),
        ("RUN npm ci --omit=dev\nRUN npm install prisma", False),
        ("RUN npm ci --omit=optional", False),
        (f"{PRUNED}RUN npm ci", False),
        (f"{PRUNED}{MODULES}", True),
        (f"{PRUNED}{MODULES}COPY --from=0 /cli/node_modules/prisma ./node_modules/prisma", False),
    ],
)
def test_a_prisma_that_the_image_leaves_out(repository: Repository, run: str, *, named: bool) -> None:
    manifest = '{"dependencies": {"express": "5", "@prisma/client": "7"}, "devDependencies": {"prisma": "7"}}'
    command = "CMD npx prisma migrate deploy && node .\n"
    found = problems(repository, f"{run}\n{command}", **{"package.json": manifest})
    assert ["or has none: have it in `dependencies`" in line for line in found] == [True] * named
    kept = manifest.replace('"@prisma/client"', '"prisma"')
    assert problems(repository, f"{run}\n{command}", **{"package.json": kept}) == []
