"""What an application's own files say, and those of the packages of its workspace."""

import pytest

from tests.conducky.adoption.sources import NODE, SERVER, Repository


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


@pytest.mark.parametrize("comment", ["// {}", "/* {} */", "/**\n * {}\n */", "f(); // {}", "f('/*', `//`); /* {} */"])
@pytest.mark.parametrize(
    "code",
    ["app.get('/health', f)", "app.use('/old', f)", "process.env.OLD_TOKEN", "app.setGlobalPrefix('old')"],
)
def test_what_is_in_a_comment_is_not_read(repository: Repository, comment: str, code: str) -> None:
    backend = repository.backend(**{"main.ts": f"{comment.format(code)}\nprocess.env.NEW_TOKEN\n"})
    assert backend.items() >= {"secrets": ["NEW_TOKEN"]}.items()
    assert not {"paths", "healthPath"} & backend.keys()
    assert "no route for a health check was found" in repository.said


@pytest.mark.parametrize(
    "before",
    [
        "const url = 'https://shop.example'; ",
        "app.all('/*', f); ",
        "f(/^\\/\\*/); /* */ ",
        "f(/[/*]/, /[^/*]/); ",
        'f(/"/, "\\"//"); ',
        "f`\n/*\n`; ",
    ],
)
def test_what_only_looks_like_a_comment_hides_nothing(repository: Repository, before: str) -> None:
    repository.backend(**{"main.ts": f"{before}app.get('/users', f); process.env.NEW_TOKEN // */\n"})
    found = repository.adopt()["backend"]
    assert found.items() >= {"secrets": ["NEW_TOKEN"], "paths": ["/users"]}.items()


def test_what_never_ends_is_no_comment(repository: Repository) -> None:
    beginnings = f"f(<p>*/ {'/* ' * 100_000}</p>)"  # Looking for an end from each of them would take minutes
    repository.backend(**{"main.ts": f"/* process.env.OLD_TOKEN */ {beginnings} app.get('/users', f)\n"})
    assert repository.adopt()["backend"].items() >= {"paths": ["/users"]}.items()
    assert "OLD_TOKEN" not in repository.said


def test_tests_are_left_out_by_the_end_of_their_name(repository: Repository) -> None:
    code = {name: f"process.env.{name.upper()}_TOKEN" for name in ("a", "b", "c")}
    backend = repository.backend(**{"a.e2e-spec.ts": code["a"], "b.spec.ts": code["b"], "c-config.ts": code["c"]})
    assert backend["secrets"] == ["C_TOKEN"]


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        ("app.use('/health', health); app.use('/users', users)", ["/users/*"]),
        ("app.get('/robots.txt', f)", ["/robots.txt"]),
        ("fastify.register(users, { prefix: '/users' })", ["/users/*"]),
        ("await app.register(import('./users.js'), {\n  prefix: '/users',\n})", ["/users/*"]),
        ("const router = new Router({ prefix: '/users' }); router.get('/all', f)", ["/users/*"]),
        ("const app = new Hono().basePath('/users')", ["/users/*"]),
        ("app.register(cors, { origin: true }); g({ prefix: '/other' })", None),
    ],
)
def test_the_first_part_of_each_path(repository: Repository, code: str, paths: list[str] | None) -> None:
    assert repository.backend(**{"main.ts": code}).get("paths") == paths
    note = "! no path was found in the code: only /api/* goes to the backend, unless you set `paths`"
    assert (note in repository.said) is (paths is None)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("app/routes/healthz.tsx", "/healthz"),
        ("app/routes/healthcheck.tsx", "/healthcheck"),
        ("app/routes/health/route.ts", "/routes/health"),
        ("src/routes/health/+server.ts", "/health"),
        ("src/routes/health.ts", "/"),
        ("app/api/health/route.ts", "/api/health"),
        ("pages/health.tsx", "/health"),
    ],
)
def test_a_page_for_a_health_check_is_found_by_its_file(repository: Repository, file: str, path: str) -> None:
    repository.write(
        {"web/Dockerfile": NODE, "web/package.json": '{"dependencies": {"react": "19"}}', f"web/{file}": ""}
    )
    assert repository.adopt()["frontend"].get("healthPath", "/health") == path


@pytest.mark.parametrize(("file", "is_read"), [("main.py", False), ("main.go", False), ("main.ts", True)])
def test_code_of_another_language_is_named(repository: Repository, file: str, *, is_read: bool) -> None:
    repository.write({"api/Dockerfile": NODE, f"api/{file}": 'os.environ["API_KEY"]'})
    repository.adopt()
    note = "! only code for Node.js is read, and shop/api has none: set `variables`, `secrets` and `paths` by hand"
    assert (note in repository.said) is not is_read


def test_keys_of_a_schema_are_found_on_one_line_too_and_methods_are_none(repository: Repository) -> None:
    code = "z.object({API_TOKEN: z.string(), LOG: z.string().optional()}).parse(process.env); f({GET: g(1)})"
    assert repository.backend(**{"env.ts": code})["secrets"] == ["API_TOKEN"]
    assert "GET" not in repository.said
