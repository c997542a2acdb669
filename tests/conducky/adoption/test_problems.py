"""What works on a person's computer and not in the deployment is named, with its place and what to do."""

import json

import pytest

from tests.conducky.adoption.sources import NODE, Repository

START = "CMD npm start\n"
CERTIFICATES = "ENV NODE_EXTRA_CA_CERTS=/certs/rds-ca.pem\n"
PLACE = "CMD in shop/api/Dockerfile:5"


def problems(repository: Repository, dockerfile: str, *, start: str = "node .", **files: str) -> list[str]:
    """What is said about a backend with this Dockerfile and this script `start`, but for variables and the usual."""
    manifest = json.dumps({"dependencies": {"express": "5"}, "scripts": {"start": start}})
    repository.backend(**{"Dockerfile": f"{NODE}{CERTIFICATES}{dockerfile}", "package.json": manifest, **files})
    always = ("no route", "no path", "no frontend")
    lines = [line.removeprefix("! ") for line in repository.said.splitlines() if line.startswith("! ")]
    return [
        line
        for line in lines
        if not line.startswith(always) and ") is not set: " not in line and "no value" not in line
    ]


@pytest.mark.parametrize(
    "commands",
    [
        "npx prisma migrate deploy && node dist/server.js",
        "node --enable-source-maps dist/server.js",
        "pm2-runtime dist/server.js",
        "pm2 start dist/server.js --no-daemon",
        "next start -H 0.0.0.0",
        "vite preview --host 0.0.0.0",
        "npm run watchers",
        "curl -H localhost",
        "echo nodemons",
    ],
)
def test_what_works_there_is_not_named(repository: Repository, commands: str) -> None:
    assert problems(repository, START, start=commands) == []


@pytest.mark.parametrize(
    ("commands", "shown", "fix"),
    [
        ("npx prisma migrate dev && node .", "prisma migrate dev", "use `prisma migrate deploy`"),
        ("prisma@7 migrate reset --force", "prisma@7 migrate reset", "use `prisma migrate deploy`"),
        ("npx prisma db push --skip-generate; node .", "prisma db push", "use `prisma migrate deploy`"),
        ("prisma db push --accept-data-loss", "prisma db push --accept-data-loss", "use `prisma migrate deploy`"),
        ("prisma db seed && node .", "prisma db seed", "with `conducky run backend -- npx prisma db seed`"),
        ("pm2 start server.js", "pm2 start", "use `pm2-runtime`"),
        ("forever start server.js", "forever start", "use `pm2-runtime`"),
        ("nodemon server.js", "nodemon", "start what the build makes"),
        ("tsx watch src/index.ts", "tsx watch", "start what the build makes"),
        ("node --env-file=.env --watch server.js", "node --env-file .env --watch", "start what the build makes"),
        ("nest start --watch", "nest start --watch", "start what the build makes"),
        ("next dev -p 3000", "next dev", "start what the build makes"),
        ("vite --host && x", "vite --host", "start what the build makes"),
        ("next start -p 80 --hostname 127.0.0.1", "next start -p 80 --hostname 127.0.0.1", "use 0.0.0.0"),
    ],
)
def test_what_a_container_must_not_start_with(repository: Repository, commands: str, shown: str, fix: str) -> None:
    (problem,) = problems(repository, START, start=commands)
    assert problem.startswith(f"the script `start` of shop/api/package.json runs `{shown}`, w")
    assert problem.endswith(fix) or f"{fix}, or" in problem


@pytest.mark.parametrize("call", ['execSync("prisma migrate dev")', "spawn('npx', ['prisma', 'migrate', 'dev'])"])
def test_code_that_starts_another_program_is_read(repository: Repository, call: str) -> None:
    (problem,) = problems(repository, "CMD node start.mjs\n", **{"start.mjs": f"console.log('nodemon')\n{call}\n"})
    assert problem.startswith("shop/api/start.mjs runs `prisma migrate dev`")


def test_the_line_of_a_script_is_named_and_its_comments_are_not_read(repository: Repository) -> None:
    script = "#!/bin/sh\n# nodemon server.js\nset -e # not: prisma migrate dev\n\nnpx prisma db push\n"
    (problem,) = problems(repository, 'ENTRYPOINT ["./start.sh"]\n', **{"start.sh": script})
    assert problem.startswith("shop/api/start.sh:5 runs `prisma db push`")


@pytest.mark.parametrize(
    "run",
    [
        "npx prisma migrate deploy",
        "npm ci && npx prisma db push --skip-generate",
        "npx prisma db seed",
        "npx prisma migrate dev --name init",
        "npx typeorm -d dist/db.js migration:run",
        "npx knex --env production migrate:latest",
        "npx sequelize-cli db:migrate",
        "npx drizzle-kit push",
        "npm run prepare-all",
    ],
)
def test_a_build_has_no_database(repository: Repository, run: str) -> None:
    manifest = {"dependencies": {"express": "5"}, "scripts": {"prepare-all": "prisma migrate deploy"}}
    dockerfile = f"RUN {run}\nCMD node .\n"
    (problem,) = problems(repository, dockerfile, **{"package.json": json.dumps(manifest)})
    where = "the script `prepare-all` of shop/api/package.json" if "npm run" in run else "RUN in shop/api/Dockerfile:5"
    assert problem.startswith(f"{where} runs `")
    assert "while the image is built, where no database answers" in problem


@pytest.mark.parametrize(
    "run",
    [
        "npx prisma generate",
        "echo 'npx prisma migrate deploy' > /start.sh",
        "npm ci",
        "! npx prisma migrate deploy",
        "npm ci && npx prisma db push || true",
        "DATABASE_URL=postgres://fake:fake@build.example/x npx prisma migrate deploy",
    ],
)
def test_what_a_build_does_without_a_database(repository: Repository, run: str) -> None:
    assert problems(repository, f"RUN {run}\nCMD node .\n") == []


def test_only_the_stages_that_the_image_is_built_from_count(repository: Repository) -> None:
    dockerfile = f"RUN npx prisma db push\n{NODE}{CERTIFICATES}CMD node .\n"
    assert problems(repository, dockerfile) == []


@pytest.mark.parametrize(
    ("command", "sign", "program"),
    [
        ('["yarn", "prisma", "migrate", "deploy", "&&", "yarn", "dev"]', "&&", "yarn"),
        ('["node", "a.js", ";", "node", "b.js"]', ";", "node"),
        ('["sh", "-c", "node a.js", "||", "true"]', "||", "sh"),
    ],
)
def test_a_list_that_no_shell_reads(repository: Repository, command: str, sign: str, program: str) -> None:
    (problem,) = problems(repository, f"CMD {command}\n")
    assert problem.startswith(f"{PLACE} is a list, which no shell reads: `{sign}` and what follows")
    assert f"arguments of `{program}`" in problem


def test_a_command_that_was_copied_into_the_settings_is_to_be_read_again(repository: Repository) -> None:
    files = {"prisma/schema.prisma": "", "prisma/migrations/1/migration.sql": ""}
    again = "`backend.command` is a copy of that: once it is corrected, run `conducky adopt` again"
    assert again in problems(repository, 'CMD ["pm2", "start", "server.js"]\n', **files)
    assert again not in problems(repository, 'CMD ["pm2-runtime", "server.js"]\n', **files)


def test_a_list_of_one_text_is_a_programs_name(repository: Repository) -> None:
    (problem,) = problems(repository, 'CMD ["npm start --silent"]\n')
    assert problem.startswith(f"{PLACE} is a list of one text")


@pytest.mark.parametrize(
    "command",
    ["node a.js && node b.js", '["sh", "-c", "node a.js && node b.js"]', '["node", "a.js"]', '["node a.js && true"]'],
)
def test_a_shell_reads_its_command(repository: Repository, command: str) -> None:
    entry_point = 'ENTRYPOINT ["sh", "-c"]\n' if command.startswith('["node a') else ""
    assert problems(repository, f"{entry_point}CMD {command}\n") == []


@pytest.mark.parametrize(
    ("line", "program", "host"),
    [
        ("until nc -z db 5432; do sleep 1; done", "nc", "db"),
        ('while ! nc -z "$DB_HOST" "$DB_PORT"; do sleep 1; done', "nc", "$DB_HOST"),
        ("until pg_isready -h postgres -p 5432 -U shop; do sleep 1; done", "pg_isready", "postgres"),
        ("until /usr/bin/pg_isready --host db >/dev/null; do sleep 1; done", "pg_isready", "db"),
        ("./wait-for-it.sh db:5432 -t 60 -- node .", "wait-for-it.sh", "db"),
        ("/bin/wait-for postgres:5432", "wait-for", "postgres"),
        ("dockerize -wait tcp://db:5432 -timeout 10s", "dockerize", "db"),
        ("npx wait-on tcp:db:5432", "wait-on", "db"),
        ("until PGPASSWORD=$PASSWORD psql -h postgres -U shop -c '\\q'; do sleep 1; done", "psql", "postgres"),
        ("until curl -sf http://api:4000/health; do sleep 1; done", "curl", "api"),
        ("while ! wget -q -O- http://api:4000/health.html >/dev/null; do sleep 1; done", "wget", "api"),
        ("npx wait-port ${POSTGRES_HOST}:${POSTGRES_PORT}", "wait-port", "${POSTGRES_HOST}"),
    ],
)
def test_nothing_answers_at_the_names_of_a_compose_file(
    repository: Repository, line: str, program: str, host: str
) -> None:
    (problem,) = problems(repository, "CMD ./start.sh\n", **{"start.sh": f"#!/bin/sh\n{line}\nexec node .\n"})
    assert problem.startswith(f"shop/api/start.sh:2 waits with `{program}` for `{host}`, ")
    assert problem.endswith("remove it, since the database is there before a task starts")


@pytest.mark.parametrize(
    "line",
    [
        "until nc -z localhost 3000; do sleep 1; done",
        "until nc -z 127.0.0.1 3000; do sleep 1; done",
        'DB=$(node url.js "$DATABASE_URL"); until nc -z "$DB" 5432; do sleep 1; done',
        "until nc -z status.example.com 443; do sleep 1; done",
        'until pg_isready -d "$DATABASE_URL"; do sleep 1; done',
        "echo sync nc-z",
        'psql "$DATABASE_URL" -c "select 1"',
        "curl -sf http://api:4000/notify",
        "until curl -sf https://status.example.com:443/; do sleep 1; done",
    ],
)
def test_waiting_for_what_is_there(repository: Repository, line: str) -> None:
    assert problems(repository, "CMD ./start.sh\n", **{"start.sh": f"{line}\nexec node .\n"}) == []


@pytest.mark.parametrize(
    ("copy", "ignored", "is_named"),
    [
        ("", "", True),
        ("", "node_modules\n", True),
        ("", ".env*\n", False),
        ("", "**/.env\n", False),
        ("COPY .env ./\n", "", True),
    ],
)
def test_a_file_of_secrets_that_becomes_part_of_the_image(
    repository: Repository, copy: str, ignored: str, *, is_named: bool
) -> None:
    text = "export JWT_SECRET=fake-secret-1\nDATABASE_URL='postgres://fake:fake-secret-2@localhost/shop'\nPORT=80\n"
    found = problems(repository, f"{copy}CMD node .\n", **{".env": text, ".dockerignore": ignored})
    assert [line.partition(",")[0] for line in found] == ["shop/api/.env has values of DATABASE_URL"] * is_named
    assert not is_named or found[0].endswith("add `.env` to shop/api/.dockerignore")
    assert "fake-secret" not in repository.said


def test_a_file_of_a_stage_that_does_not_end_in_the_image_is_not_named(repository: Repository) -> None:
    dockerfile = f"FROM node:24\n{CERTIFICATES}COPY --from=0 /app/dist ./\nCMD node .\n"
    assert problems(repository, dockerfile, **{".env": "JWT_SECRET=fake-secret"}) == []


@pytest.mark.parametrize("value", ["", "change-me", "your-secret-here", "<secret>", "${JWT_SECRET}"])
def test_a_placeholder_is_no_secret(repository: Repository, value: str) -> None:
    assert problems(repository, "CMD node .\n", **{".env": f'JWT_SECRET="{value}"\nNEXT_PUBLIC_KEY=abc\n'}) == []


@pytest.mark.parametrize(
    ("lines", "is_late"),
    [
        ("FROM node:24\nARG NEXT_PUBLIC_API_URL\nRUN npm run build\n", False),
        ("FROM node:24\nRUN npm run build\nARG NEXT_PUBLIC_API_URL\n", True),
        ("ARG NEXT_PUBLIC_API_URL\nFROM node:24\nRUN npx next build\n", True),
        ("ARG NEXT_PUBLIC_API_URL\nFROM node:24\nARG NEXT_PUBLIC_API_URL=x\nRUN npx next build\n", False),
        ("FROM node:24 AS base\nARG NEXT_PUBLIC_API_URL\nFROM base\nRUN npm run build\n", False),
        ("FROM node:24\nRUN npm run build\nFROM node:24\nARG NEXT_PUBLIC_API_URL\n", True),
        ("FROM node:24\nRUN npm run build\nARG OTHER\n", False),
        ("FROM node:24\nARG NEXT_PUBLIC_API_URL\n", False),
    ],
)
def test_a_build_argument_that_the_build_of_the_page_does_not_see(
    repository: Repository, lines: str, *, is_late: bool
) -> None:
    repository.write({"web/Dockerfile": f"{lines}COPY . .\nCMD node .\n", "web/package.json": "{}"})
    repository.adopt()
    assert ("! ARG NEXT_PUBLIC_API_URL in shop/web/Dockerfile:" in repository.said) is is_late
    assert ("does not reach the build in line" in repository.said) is is_late


@pytest.mark.parametrize(
    ("lines", "is_named"),
    [
        ("FROM nginx:alpine\n", True),
        ("FROM docker.io/library/nginx\n", True),
        ("FROM httpd:2.4\n", True),
        ("FROM nginx:alpine\nUSER nginx\n", False),
        ("FROM nginxinc/nginx-unprivileged:1.27\n", False),
        ("FROM nginx:alpine AS unused\nFROM node:24\n", False),
    ],
)
def test_a_web_server_that_starts_as_root(repository: Repository, lines: str, *, is_named: bool) -> None:
    repository.write({"web/Dockerfile": f"{lines}COPY . /site\n", "web/package.json": '{"dependencies": {"vue": "3"}}'})
    repository.adopt()
    assert ("starts as root, and no task does: build on" in repository.said) is is_named
