"""`conducky adopt` on small sources: what it finds, what it writes, and what it refuses."""

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import yaml

from conducky.errors import UserError
from tests.conducky.adoption.sources import NODE, SERVER, Repository

Adopt = Callable[..., dict[str, Any]]


def test_what_is_found_is_written_into_every_stack_file_and_the_rest_stays(repository: Repository) -> None:
    repository.write(
        {**SERVER, "web/Dockerfile": f"{NODE}EXPOSE 3000\n", "web/package.json": '{"dependencies": {"next": "16"}}'}
    )
    found = repository.adopt()
    assert found["frontend"]["context"] == "shop/web"
    assert found["backend"].items() >= {"context": "shop/api", "port": 8080, "migrations": "none"}.items()
    for stack in ("dev", "prod"):
        text = repository.file(stack).read_text()
        assert text.startswith("# Explained elsewhere\n")
        assert "conducky-services:capacity: spot # cheap" in text
        assert "context: shop/api" in text
    assert "EXPOSE in shop/api/Dockerfile:4" in repository.said
    assert "package.json has next" in repository.said
    before = repository.file().read_text()
    repository.adopt()
    assert repository.file().read_text() == before
    assert "has these settings already" in repository.said


def test_dry_run_writes_nothing(repository: Repository) -> None:
    repository.write(SERVER)
    assert [*repository.adopt(dry_run=True, yes=False)] == ["capacity"]
    assert "+    port: 8080" in repository.said


def test_without_a_terminal_it_writes_nothing_unless_told(repository: Repository) -> None:
    repository.write(SERVER)
    with pytest.raises(UserError, match="no terminal") as caught:
        repository.adopt(yes=False)
    assert "--yes" in caught.value.fix
    assert "shop" not in repository.file().read_text()


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("", False), ("no", False)])
def test_it_asks_first(repository: Repository, monkeypatch: pytest.MonkeyPatch, answer: str, written: bool) -> None:  # noqa: FBT001
    repository.write(SERVER)
    monkeypatch.setattr("conducky.adoption.command.is_interactive", lambda: True)
    monkeypatch.setattr("conducky.adoption.command.ask", Mock(return_value=answer))
    assert ("backend" in repository.adopt(yes=False)) is written


def test_the_secrets_that_need_a_value_are_named_once_it_is_written(repository: Repository) -> None:
    repository.write({**SERVER, "api/mail.ts": "send(process.env.SMTP_PASSWORD, process.env.API_TOKEN)"})
    repository.adopt()
    assert "store the values of API_TOKEN, SMTP_PASSWORD: `export API_TOKEN=…`" in " ".join(repository.said.split())
    repository.write({"api/mail.ts": ""})
    repository.adopt()
    assert "store the values" not in repository.said


def test_only_one_stack_file_where_one_is_named(repository: Repository) -> None:
    repository.write(SERVER)
    repository.adopt(stack="prod")
    assert "backend" not in repository.file("dev").read_text()
    assert "conducky-services:backend" in repository.file("prod").read_text()


def test_a_stack_that_has_settings_in_another_layer_only_gets_its_file(repository: Repository) -> None:
    repository.write(SERVER)
    repository.file("prod").unlink()
    (repository.root / "platform").mkdir()
    (repository.root / "platform" / "Pulumi.prod.yaml").write_text("config: {}\n")
    repository.adopt(stack="prod")
    assert yaml.safe_load(repository.file("prod").read_text())["config"]["conducky-services:backend"]["port"] == 8080


def test_nothing_of_the_source_is_executed(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.Popen.__init__", Mock(side_effect=AssertionError("a program was started")))
    trap = f'require("fs").writeFileSync({str(tmp_path / "executed")!r}, "")'
    install = f'{{"scripts": {{"preinstall": "touch {tmp_path}/executed"}}}}'
    repository.backend(**{"server.js": trap, "package.json": install, "prisma.config.ts": trap})
    touch = f"touch {tmp_path}/executed"
    repository.write(
        {"api/Dockerfile": f'{NODE}RUN {touch}\nENV A="$({touch})"\nHEALTHCHECK CMD {touch}\nCMD {touch}\n'}
    )
    run = f'!!python/object/apply:os.system ["touch {tmp_path}/executed"]'
    repository.write({"docker-compose.yml": f"services: {{api: {{build: {run}}}}}"})
    repository.adopt()
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        ("ARG PORT=7000\nENV PORT=$PORT\nEXPOSE ${PORT}/tcp", {"port": 7000}),
        ("ENV PORT 7001", {"port": 7001}),
        ("EXPOSE 1\nHEALTHCHECK --interval=5s CMD curl -f http://localhost:$PORT/up || exit 1", {"healthPath": "/up"}),
        (
            'EXPOSE 1\nHEALTHCHECK CMD ["wget", "-q", "-O-", "http://127.0.0.1:8080/api/live"]',
            {"healthPath": "/api/live"},
        ),
        ("EXPOSE 1\nhealthcheck cmd curl -f http://localhost:1/up", {"healthPath": "/up"}),
        ("EXPOSE 1\nHEALTHCHECK --interval=5s \\\nCMD curl -f http://localhost:1/up", {"healthPath": "/up"}),
        ("EXPOSE 1\n# HEALTHCHECK CMD curl http://localhost:1/up", {"healthPath": None}),
        ("EXPOSE 1\nHEALTHCHECK NONE\nRUN curl http://localhost:1/up", {"healthPath": None}),
        ("EXPOSE 1\nUSER 10001", {"user": "image"}),
        ("EXPOSE 1\nUSER root", {"user": None}),
        ("EXPOSE 1\nUSER node", {"user": None}),
        ("EXPOSE 1\nRUN <<END\necho a heredoc\nEND\nCOPY --from=other/image /x /y\nUSER app", {"user": "image"}),
    ],
)
def test_port_health_path_and_user_of_the_dockerfile(
    repository: Repository, lines: str, settings: dict[str, Any]
) -> None:
    found = repository.backend(Dockerfile=f"{NODE}{lines}\n")
    assert {key: found.get(key) for key in settings} == settings


def test_the_last_stage_counts_or_the_one_that_compose_builds(repository: Repository) -> None:
    stages = "FROM node:24 AS dev\nEXPOSE 9229\nFROM node:24 AS run\nEXPOSE 5000\nUSER app\nFROM run AS last\n"
    assert repository.backend(Dockerfile=stages).items() >= {"port": 5000, "user": "image"}.items()
    repository.write({"compose.yaml": "services: {api: {build: {context: api, target: dev}}}"})
    assert repository.adopt()["backend"].items() >= {"port": 9229, "target": "dev"}.items()


@pytest.mark.parametrize(
    ("start", "port"),
    [
        ("next start -p 3001", 3001),
        ("next start --port=3001", 3001),
        ("next start -H 0.0.0.0 -p 3001", 3001),
        ("serve -s dist -l tcp://0.0.0.0:5000", 5000),
        ("vite preview --host --port 4173", 4173),
        ("PORT=4001 node server.js", 4001),
        ("cross-env NODE_ENV=production PORT='4001' node server.js", 4001),
        ("next start -p $PORT", 8080),
        ("next start -p ${PORT:-3000}", 8080),
        ("node server.js --max-old-space-size=400 --inspect=9229", 8080),
        ("REPORT=4001 node server.js", 8080),
    ],
)
def test_a_port_in_the_command_wins_over_that_of_the_image(repository: Repository, start: str, port: int) -> None:
    manifest = json.dumps({"dependencies": {"express": "5"}, "scripts": {"start": start}})
    dockerfile = f'{NODE}EXPOSE 8080\nCMD ["npm", "start"]\n'
    found = repository.backend(**{"Dockerfile": dockerfile, "package.json": manifest})
    assert found["port"] == port


@pytest.mark.parametrize("stages", ["FROM node:24\n", "FROM node:24 AS base\nFROM base AS deps\nFROM deps\n"])
def test_the_user_of_nodes_images_is_the_default_also_through_stages(repository: Repository, stages: str) -> None:
    assert "user" not in repository.backend(Dockerfile=f"{stages}COPY . .\nUSER node\n")
    assert repository.backend(Dockerfile=f"{stages}COPY . .\nUSER shop\n")["user"] == "image"


@pytest.mark.parametrize(
    ("platform", "is_named"),
    [("--platform=linux/amd64 ", True), ("--platform=linux/arm64 ", False), ("--platform=$TARGETPLATFORM ", False)],
)
def test_an_image_that_is_always_for_one_processor(repository: Repository, platform: str, *, is_named: bool) -> None:
    repository.write({**SERVER, "api/Dockerfile": f"FROM {platform}node:24\nCOPY . .\n"})
    assert ("architecture" in repository.adopt()) is is_named
    reason = "`--platform=linux/amd64` in shop/api/Dockerfile:1; without it arm64 would do"
    assert (reason in repository.said) is is_named


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        ("process.env.SMTP_PASSWORD", "secrets", "SMTP_PASSWORD"),
        ('process.env["STRIPE_API_KEY"]', "secrets", "STRIPE_API_KEY"),
        ("const { SENTRY_DSN, A } = process.env;", "secrets", "SENTRY_DSN"),
        ("z.object({\n  COOKIE_SECRET: z.string().min(32),\n}).parse(process.env)", "secrets", "COOKIE_SECRET"),
        ('config.getOrThrow<string>("AUTH_TOKEN")', "secrets", "AUTH_TOKEN"),
        ("process.env.REDIS_URL", "secrets", "REDIS_URL"),
        ("process.env.FRONTEND_URL", "addresses", "FRONTEND_URL"),
        ("process.env.API_BASE_URL", "addresses", "API_BASE_URL"),
        ("process.env.CORS_ALLOWED_ORIGINS", "addresses", "CORS_ALLOWED_ORIGINS"),
    ],
)
def test_the_variables_that_the_code_reads(repository: Repository, code: str, kind: str, name: str) -> None:
    assert name in repository.backend(**{"server.js": f"// first line\n{code}\n"})[kind]
    assert f"{name}: shop/api/server.js:" in repository.said


@pytest.mark.parametrize("name", ["PORT", "DATABASE_URL", "NODE_ENV", "TOKEN_TTL_SECONDS", "NEXT_PUBLIC_MAP_KEY"])
def test_what_is_no_secret_and_no_setting_of_ours(repository: Repository, name: str) -> None:
    found = repository.backend(**{"server.js": f"process.env.{name}"})
    assert (found["secrets"], found["addresses"]) == ([], {})


def test_a_variable_without_a_value_is_named_unless_the_code_has_a_default(repository: Repository) -> None:
    repository.backend(
        **{"server.js": "process.env.REGION_NAME; process.env.PAGE_SIZE ?? 20", "x.test.js": "process.env.OF_A_TEST"}
    )
    assert "REGION_NAME (shop/api/server.js:1) got no value" in repository.said
    assert "PAGE_SIZE" not in repository.said
    assert "OF_A_TEST" not in repository.said


def test_a_database_by_its_parts_is_explained(repository: Repository) -> None:
    repository.backend(**{"server.js": "process.env.DB_HOST + process.env.PGPASSWORD"})
    assert "gets its database as DATABASE_URL" in repository.said


PRISMA = {"prisma/schema.prisma": 'url = env("DATABASE_URL")', "prisma/migrations/1/migration.sql": "SELECT 1;"}


@pytest.mark.parametrize(
    ("files", "migrations", "why"),
    [
        (
            {"entrypoint.sh": "npx prisma migrate deploy", "Dockerfile": f'{NODE}ENTRYPOINT ["./entrypoint.sh"]'},
            *("entrypoint", "entrypoint.sh"),
        ),
        (
            {
                "Dockerfile": f'{NODE}CMD ["npm", "start"]',
                "package.json": '{"scripts": {"prestart": "prisma migrate deploy", "start": "node ."}}',
            },
            *("entrypoint", "`prestart`"),
        ),
        (
            {"Dockerfile": f"{NODE}CMD npx prisma@6 migrate deploy && node ."},
            "entrypoint",
            "CMD in shop/api/Dockerfile:4 runs",
        ),
        ({"package.json": '{"devDependencies": {"prisma": "^6.2"}}'}, "command", "Prisma 6"),
    ],
)
def test_who_runs_prismas_migrations(repository: Repository, files: dict[str, str], migrations: str, why: str) -> None:
    found = repository.backend(**PRISMA, **files)
    assert found.get("migrations", "entrypoint") == migrations
    assert why in repository.said
    if migrations == "command":
        assert found["command"] == ["node", "server.js"]
        assert "have it in `dependencies`" in repository.said
        assert "does not check the database's certificate" in repository.said


COMPOSE = """
services:
  api:
    build: {context: ., dockerfile: api/Dockerfile}
    ports: ["127.0.0.1:4100:8080/tcp"]
    healthcheck: {test: ["CMD", "curl", "-f", "http://localhost:8080/ready"]}
    environment:
      LOG_LEVEL: debug
      ADMIN_LOGIN: hunter2
      SESSION_PASSWORD: fake-password-of-compose
      UPSTREAM: https://user:fake-password-in-url@example.com
      TITLE: ${TITLE:-fake-default}
      MAIL_PORT: 587
  web:
    build: {context: web, args: {NEXT_PUBLIC_BACKEND: "http://localhost:4100/v1"}}
    environment: [INTERNAL_BACKEND=http://api:8080, NEXTAUTH_URL=http://localhost:3000]
  queue: {image: "redis:7", environment: [REDIS_PASSWORD=fake-password-of-redis]}
"""


def test_a_compose_file_gives_values_contexts_and_addresses_and_no_secret_is_printed(repository: Repository) -> None:
    repository.write(
        {
            **SERVER,
            "docker-compose.yml": COMPOSE,
            "web/Dockerfile": NODE,
            "web/package.json": '{"dependencies": {"next": "16"}}',
        }
    )
    found = repository.adopt()
    backend, frontend = found["backend"], found["frontend"]
    assert backend["context"] == "shop"
    assert (backend["dockerfile"], backend["healthPath"]) == ("api/Dockerfile", "/ready")
    assert backend["variables"] == {"LOG_LEVEL": "debug", "MAIL_PORT": "587"}
    assert backend["secrets"] == ["SESSION_PASSWORD", "UPSTREAM"]
    assert backend["egress"] == [443, 587]
    assert frontend["buildAddresses"] == {"NEXT_PUBLIC_BACKEND": "backend"}
    assert frontend["addresses"] == {"INTERNAL_BACKEND": "backend", "NEXTAUTH_URL": "frontend"}
    assert "the path /v1" in repository.said
    assert "redis:7" in repository.said
    written = repository.said + repository.file().read_text()
    for secret in ("hunter2", "fake-password", "fake-default"):
        assert secret not in written


def test_a_random_value_that_browsers_get_is_a_variable_and_no_secret(repository: Repository) -> None:
    key = "phc_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6h"
    manifest = (
        f"name: api\ntype: Load Balanced Web Service\nimage: {{build: api/Dockerfile}}\nvariables: {{V: {key}}}\n"
    )
    repository.write({**SERVER, "copilot/api/manifest.yml": manifest})
    assert repository.adopt()["backend"]["secrets"] == ["V"]
    repository.write({"copilot/api/manifest.yml": manifest.replace("V:", "VITE_POSTHOG_KEY:")})
    backend = repository.adopt()["backend"]
    assert (backend["secrets"], backend["variables"]) == ([], {"VITE_POSTHOG_KEY": key})


MANIFEST = """
name: orders
type: Load Balanced Web Service
http: {path: "orders", healthcheck: {path: /orders/_health}}
image: {build: {dockerfile: api/Dockerfile, context: api}, port: 9000}
cpu: 512
memory: 1024
count: {range: 2-6}
platform: linux/arm64
variables: {LOG_LEVEL: info, TITLE: The shop}
secrets: {PAYMENT_KEY: /copilot/shop/test/secrets/KEY, LICENCE: {secretsmanager: "x"}}
sidecars: {nginx: {image: nginx}}
environments: {prod: {count: 4, variables: {LOG_LEVEL: warn}}}
"""


def test_a_manifest_of_copilot_is_taken_over_for_each_environment(repository: Repository) -> None:
    worker = "name: mails\ntype: Worker Service\nimage: {build: api/Dockerfile}\n"
    repository.write({**SERVER, "copilot/orders/manifest.yml": MANIFEST, "copilot/mails/manifest.yml": worker})
    found = repository.adopt()
    backend = found["backend"]
    assert backend["paths"] == ["/orders", "/orders/*"]
    assert (backend["port"], backend["healthPath"]) == (9000, "/orders/_health")
    assert backend["variables"] == {"LOG_LEVEL": "info", "TITLE": "The shop"}
    assert backend["secrets"] == ["LICENCE", "PAYMENT_KEY"]
    assert (found["backendCpu"], found["backendMemory"], found["backendCount"]) == (512, 1024, 2)
    assert found["architecture"] == "arm64"
    prod = yaml.safe_load(repository.file("prod").read_text())["config"]
    assert prod["conducky-services:backendCount"] == 4
    assert prod["conducky-services:backend"]["variables"]["LOG_LEVEL"] == "warn"
    assert "`sidecars` was not read" in repository.said
    assert "mails is a worker: set `worker` in services" in repository.said


def test_a_context_above_is_found_by_the_names_in_the_dockerfile(repository: Repository) -> None:
    text = "FROM node:24\nCOPY package.json packages/ui ./\nRUN npm run build -w apps/site\n"
    repository.write({"apps/site/Dockerfile": text, "apps/site/package.json": '{"dependencies": {"react": "19"}}'})
    found = repository.adopt()["frontend"]
    assert (found["context"], found["dockerfile"]) == ("shop", "apps/site/Dockerfile")


def test_next_js_with_a_database_hears_that_only_the_backend_gets_one(repository: Repository) -> None:
    repository.write({"Dockerfile": NODE, "package.json": '{"dependencies": {"next": "16", "prisma": "7"}}', **PRISMA})
    repository.adopt()
    assert "only the backend gets DATABASE_URL" in repository.said


def refused(repository: Repository, *paths: str, **options: Any) -> UserError:  # noqa: ANN401  # those of Options
    before = repository.file().read_text()
    with pytest.raises(UserError) as caught:
        repository.adopt(*paths, **options)
    assert repository.file().read_text() == before
    return caught.value


def test_a_path_that_is_missing_a_file_or_outside_is_refused(repository: Repository, tmp_path: Path) -> None:
    assert "does not exist" in refused(repository).problem
    repository.write(SERVER)
    assert "is a file" in refused(repository, "shop/api/Dockerfile").problem
    (tmp_path / "elsewhere").mkdir()
    outside = refused(repository, "../elsewhere")
    assert "outside of this repository" in outside.problem
    assert "conducky adopt elsewhere" in outside.fix


def test_a_source_without_a_dockerfile_is_refused(repository: Repository) -> None:
    repository.write({"api/server.js": "", "api/node_modules/x/Dockerfile": NODE, "Dockerfile.dev": NODE})
    error = refused(repository)
    assert "no Dockerfile of an application is in shop" in error.problem
    assert "docs/your-applications.md" in error.fix


def test_several_candidates_are_named_and_one_can_be_chosen(repository: Repository) -> None:
    repository.write({**SERVER, "server/Dockerfile": f"{NODE}EXPOSE 9\n"})
    error = refused(repository)
    assert "shop/api/Dockerfile" in error.problem
    assert "shop/server/Dockerfile could be the backend" in error.problem
    assert "`--backend " in error.fix
    assert repository.adopt(backend=repository.root / "shop/server/Dockerfile")["backend"]["port"] == 9
    assert "choose one of" in refused(repository, backend=repository.root / "shop/nowhere").fix


def test_one_of_which_nothing_tells_what_it_is_can_be_named(repository: Repository) -> None:
    repository.write({"Dockerfile": f"{NODE}EXPOSE 9\n"})
    assert "--frontend" in refused(repository).fix
    assert repository.adopt(backend=repository.root / "shop/Dockerfile")["backend"]["port"] == 9
    assert "no frontend was found" in repository.said


def test_broken_files_are_named_by_their_line_and_left_out(repository: Repository) -> None:
    repository.write({
        "docker-compose.yml": "services:\n  api:\n    environment: [PASSWORD=fake-broken\n",
        "copilot/api/manifest.yml": "- a list",
        "broken/Dockerfile": "RUN no from, with TOKEN=fake-broken",
    })  # fmt: skip
    found = repository.backend(**{"package.json": '{\n"dependencies": {"fake-broken"'})
    assert found["port"] == 8080
    for name in (
        "docker-compose.yml is not YAML (line",
        "package.json is not JSON (line 2)",
        "manifest.yml does not hold a map",
        "broken/Dockerfile",
    ):
        assert name in repository.said
    assert "fake-broken" not in repository.said


def test_links_in_a_circle_and_huge_folders_end(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write(
        {
            **SERVER,
            "node_modules/x/index.js": "process.env.OF_A_PACKAGE_KEY",
            "big.js": "process.env.BIG_KEY" + " " * 600_000,
        }
    )
    (repository.root / "shop/api/loop").symlink_to(repository.root / "shop")
    (repository.root / "shop/api/self").symlink_to("self")
    (repository.root / "shop/outside.js").symlink_to("/etc/passwd")
    os.mkfifo(repository.root / "shop/api/pipe.js")
    assert repository.adopt()["backend"]["secrets"] == []
    monkeypatch.setattr("conducky.adoption.tree._MOST_FILES", 3)
    repository.write({f"deep/er/{n}.js": "process.env.DEEP_KEY" for n in range(9)} | {"deep/est/x.js": ""})
    assert repository.adopt()["backend"]["secrets"] == []
    assert "the deepest were not read" in repository.said


def test_a_folder_named_tests_above_the_source_hides_nothing(repository: Repository) -> None:
    repository.write({f"tests/{name}": text for name, text in SERVER.items()})
    repository.write({"tests/api/server.js": "process.env.A_TOKEN", "tests/api/tests/x.js": "process.env.OTHER_TOKEN"})
    assert repository.adopt("shop/tests")["backend"]["secrets"] == ["A_TOKEN"]


def test_yaml_that_grows_or_contains_itself_is_left_out(repository: Repository) -> None:
    names = "abcdefghij"
    bomb = "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in pairwise(names))
    repository.write({
        "docker-compose.yml": f"a: &a [{'x,' * 9}]\n{bomb}services: {{api: {{build: api, environment: *j}}}}\n",
        "compose.yml": "services: &s\n  api: {build: api}\n  again: *s\n",
        "copilot/api/manifest.yml": "&m\nname: api\ntype: Backend Service\nenvironments: {dev: *m}\n",
        "more/compose.yml": "a: !!int ''\nb: !!timestamp x\nc: !!bool x\n? [d]\n: e\n",
    })  # fmt: skip
    assert repository.backend()["port"] == 8080
    for name in ("shop/docker-compose.yml", "shop/compose.yml", "copilot/api/manifest.yml", "more/compose.yml"):
        assert f"{name} " in repository.said


def test_values_of_a_compose_file_stay_as_they_are_written(repository: Repository) -> None:
    repository.write(
        {
            **SERVER,
            "compose.yml": "x: &x {LOG_LEVEL: info, RATE: 10}\nservices:\n  api:\n    build: api\n"
            "    ports: !override ['1:2']\n    environment: {<<: *x, RATE: 3.10, DEBUG: yes, FROM_HOST: }\n"
            "  other: {build: 'https://user:fake-password@example.com/x.git', ports: !reset null}\n",
        }
    )
    assert repository.adopt()["backend"]["variables"] == {"DEBUG": "yes", "LOG_LEVEL": "info", "RATE": "3.10"}
    assert "FROM_HOST (shop/compose.yml) got no value" in repository.said
    assert "other is another's image, built from a repository" in repository.said
    assert "fake-password" not in repository.said


def test_one_image_for_the_backend_and_a_worker_is_the_backends(repository: Repository) -> None:
    repository.write(
        {**SERVER, "compose.yml": "services: {api: {build: api}, worker: {build: api, command: node jobs.js}}"}
    )
    assert repository.adopt()["backend"]["context"] == "shop/api"
    assert "worker is a worker" in repository.said


def test_the_command_that_is_deployed_by_copilot_is_kept(repository: Repository) -> None:
    manifest = "name: api\ntype: Backend Service\nimage: {build: api/Dockerfile}\ncommand: node 'the server.js'\n"
    repository.write({**SERVER, "copilot/api/manifest.yml": manifest})
    assert repository.adopt()["backend"]["command"] == ["node", "the server.js"]


def test_prisma_in_a_folder_of_several_schemas_below_another_and_of_another_database(repository: Repository) -> None:
    start = (
        '{"scripts": {"start": "npm run all", "all": "npm run migrate && node .", "migrate": "prisma migrate deploy"}}'
    )
    repository.backend(
        **{
            "Dockerfile": f'{NODE}CMD ["npm", "start"]\n',
            "package.json": start,
            "packages/db/schema/a.prisma": "model A { id Int @id }",
            "packages/db/schema/base.prisma": 'datasource db {\n  provider = "mysql"\n  url = env("DIRECT_URL")\n}',
            "packages/db/migrations/1/migration.sql": "",
        }
    )
    assert "the script `migrate` of shop/api/package.json runs those" in repository.said
    assert "base.prisma is for mysql, and the deployment's database is Postgres" in repository.said
    assert "DIRECT_URL (shop/api/packages/db/schema/base.prisma:3) is not set: the backend gets" in repository.said


def test_what_the_settings_refuse_is_left_out_and_named(repository: Repository) -> None:
    many = ", ".join(f"V{n}: '{'x y ' * 500}'" for n in range(40))
    manifest = f"name: api\ntype: Backend Service\nimage: {{build: api/Dockerfile}}\nvariables: {{{many}}}\n"
    repository.write({"copilot/api/manifest.yml": manifest})
    long = f"const app = express(); app.get('/{'l' * 200}'); app.get('/fine'); process.env.{'A' * 9000}_TOKEN"
    found = repository.backend(**{"server.js": long, "Dockerfile": f"{NODE}EXPOSE {'9' * 5000}\nENV PORT={'9' * 5000}"})
    assert "`backend.variables` was left out: has more than 48 KiB" in repository.said
    assert found["paths"] == ["/fine"]
    assert "A" * 200 not in repository.said


def test_a_dockerfile_that_was_left_out_is_explained(repository: Repository) -> None:
    repository.write({"api/Dockerfile": "RUN before\n", "web/real": NODE})
    (repository.root / "shop/web/Dockerfile").symlink_to("real")
    assert "no Dockerfile of an application" in refused(repository).problem
    assert "api/Dockerfile has no FROM" in repository.said or "before the first FROM" in repository.said
    assert "links were not followed: shop/web/Dockerfile" in repository.said


def test_names_of_files_cannot_break_a_line_or_the_settings(repository: Repository) -> None:
    repository.write({"a\nb/Dockerfile": NODE, "c/Dockerfile": NODE})
    assert "\n" not in str(refused(repository))
    odd = repository.root / "odd" / os.fsdecode(b"\xff")
    odd.mkdir(parents=True)
    (odd / "Dockerfile").write_text(NODE)
    assert "rename its folder" in refused(repository, "odd", backend=odd / "Dockerfile").fix


def test_a_stack_file_that_cannot_be_read_stops_it(repository: Repository) -> None:
    repository.write(SERVER)
    repository.file().write_text("config: [")
    assert "Pulumi.dev.yaml" in refused(repository).problem
    assert "there is no stack `staging`" in refused(repository, stack="staging").problem


@pytest.mark.parametrize(
    ("package", "line", "is_missing"),
    [
        ("pg", "", True),
        ("prisma", "", True),
        ("pg", "ENV NODE_EXTRA_CA_CERTS=/certs/rds-ca.pem\n", False),
        ("express", "", False),
    ],
)
def test_an_image_without_the_databases_certificates_is_named(
    repository: Repository, package: str, line: str, *, is_missing: bool
) -> None:
    manifest = f'{{"dependencies": {{"{package}": "7"}}}}'
    repository.write({"api/Dockerfile": f"{NODE}{line}", "api/package.json": manifest, "api/server.js": ""})
    repository.adopt()
    said = f"! {package} checks the database's certificate, and shop/api/Dockerfile does not set NODE_EXTRA_CA_CERTS: "
    assert (said in repository.said) is is_missing
