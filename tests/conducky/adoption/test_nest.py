"""NestJS's routes, which are in decorators."""

import pytest

from tests.conducky.adoption.sources import Repository

MAIN = "const app = await NestFactory.create(AppModule);\n"
HEALTH = """
@Controller("health")
export class HealthController {
  @Get()
  @HealthCheck()
  check() {}
}
"""
USERS = """
@Controller({ path: 'users' })
export class UsersController {
  @Get() all() {}
  @Get(':id') one() {}
  @Post() create() {}
}
"""


def health(repository: Repository, files: dict[str, str]) -> str | None:
    """The path that was found, which is not written where it is the default."""
    found = repository.backend(**files).get("healthPath", "/health")
    return None if "no route for a health check was found" in repository.said else found


@pytest.mark.parametrize(
    ("code", "path"),
    [
        (HEALTH, "/health"),
        ("@Controller({ path: '/health', version: VERSION_NEUTRAL })\nclass A {\n  @Get() a() {}\n}", "/health"),
        ("@Controller('health')\nclass A {\n  @Get('database') a() {}\n  @Get('live') b() {}\n}", "/health/live"),
        ("@Controller()\nclass A {\n  @Get() a() {}\n  @Get('/healthz') b() {}\n}", "/healthz"),
        ("@Controller(`internal`)\nclass A {\n  @Get(`ready`) a() {}\n}", "/internal/ready"),
        ("@Controller('health')\nclass A {\n  @Post() a() {}\n}", None),
        ("@Controller('wealth')\nclass A {\n  @Get() a() {}\n}", None),
        ("@Controller(['health', 'status'])\nclass A {\n  @Get() a() {}\n}", "/health"),
        ("@Controller()\nclass A {\n  @Get([\n    'healthz',\n    'livez',\n  ]) a() {}\n}", "/healthz"),
        ("@Controller('health',)\nclass A {\n  @Get(\n    'liveness',\n  ) a() {}\n}", "/health/liveness"),
        ("@Controller(/* first */ 'health')\nclass A {\n  @Get() a() {}\n}", "/health"),
        ("@Controller('messages')\nclass A {\n  @Get('read') a() {}\n}", None),
        ("@Controller(Path.Status)\nclass A {\n  @Get('health') a() {}\n}", None),
        ("@Controller({ path: `${STATUS}/now` })\nclass A {\n  @Get('health') a() {}\n}", None),
        ("@Controller('status')\nclass A {\n  @Get(HEALTH) a() {}\n}", None),
        (f"{USERS}{HEALTH}", "/health"),
    ],
)
def test_the_health_check_of_a_controller(repository: Repository, code: str, path: str | None) -> None:
    assert health(repository, {"main.ts": MAIN, "health.controller.ts": code}) == path


@pytest.mark.parametrize(
    ("main", "path"),
    [
        ("app.setGlobalPrefix('api');", "/api/health"),
        ("app.setGlobalPrefix('/api/');", "/api/health"),
        ("app.setGlobalPrefix('api', { exclude: ['users'] });", "/api/health"),
        ("app.setGlobalPrefix('api', { exclude: ['health'] });", "/health"),
        ('app.setGlobalPrefix("api", {\n  exclude: [{ path: "/health", method: RequestMethod.GET }],\n});', "/health"),
        ("app.setGlobalPrefix('api', { exclude: ['users/(.*)', 'health'] });", "/health"),
        ("app.setGlobalPrefix('api', { exclude: ['health/(.*)'] });", "/api/health"),  # without what is below
        ("app.setGlobalPrefix('api', { exclude: ['health{/*rest}'] });", "/health"),
        ("app.setGlobalPrefix('api', { exclude: ['healthy'] });", "/api/health"),
        ("app.setGlobalPrefix('api', { exclude: EXCLUDED });", None),
        ("const globalPrefix = 'api';\n  app.setGlobalPrefix(globalPrefix);", "/api/health"),
        ("app.setGlobalPrefix(PREFIX);", None),
        ("app.setGlobalPrefix('');", "/health"),
        ("app.setGlobalPrefix(config.get('PREFIX') ?? 'api');", None),
        ("RouterModule.register([{ path: 'internal', module: InternalModule }]);", None),
        ("app.enableVersioning({ defaultVersion: '1', type: VersioningType.HEADER, header: 'V' });", "/health"),
        ("app.enableVersioning();", None),
        ("app.enableVersioning({ type: VersioningType.URI });", None),
        ("app.enableVersioning({ type: VersioningType.HEADER, header: 'V' });", "/health"),
    ],
)
def test_a_prefix_of_all_paths_counts_unless_the_health_check_is_excluded(
    repository: Repository, main: str, path: str | None
) -> None:
    assert health(repository, {"main.ts": MAIN + main, "health.controller.ts": HEALTH}) == path


@pytest.mark.parametrize(
    ("main", "paths"),
    [
        ("", ["/users", "/users/*"]),
        ("app.setGlobalPrefix('api');", ["/api/*"]),
        ("app.setGlobalPrefix('v1/shop');", ["/v1/*"]),
        ("const globalPrefix = 'v1';\n  app.setGlobalPrefix(globalPrefix);", ["/v1/*"]),
        ("app.enableVersioning();", ["/api/*"]),
        ("RouterModule.register([{ path: 'admin', module: AdminModule }]);", ["/api/*"]),
    ],
)
def test_the_paths_of_controllers(repository: Repository, main: str, paths: list[str]) -> None:
    found = repository.backend(**{"main.ts": MAIN + main, "users.controller.ts": USERS, "health.ts": HEALTH})
    assert found.get("paths", ["/api/*"]) == paths


@pytest.mark.parametrize(
    ("decorator", "paths"),
    [
        ("@Controller(['users', '/people'])", ["/people", "/users"]),
        ("@Controller({\n  host: { name: 'a' },\n  path: ['users', 'people'],\n})", ["/people", "/users"]),
        ("@Controller('teams/:team/users')", ["/teams/*"]),
        ("@Controller({ version: '1' })", ["/api/*"]),
        ("@Controller(USERS)", ["/api/*"]),
    ],
)
def test_the_paths_of_one_controller(repository: Repository, decorator: str, paths: list[str]) -> None:
    code = f"{decorator}\nexport class A {{\n  @Get() a() {{}}\n}}"
    assert repository.backend(**{"main.ts": MAIN, "a.controller.ts": code}).get("paths", ["/api/*"]) == paths


@pytest.mark.parametrize("excluded", ["health/(.*)", "/health/*rest", "health{/*rest}", "health/:kind"])
def test_what_is_below_an_excluded_path(repository: Repository, excluded: str) -> None:
    main = f"{MAIN}app.setGlobalPrefix('api', {{ exclude: ['{excluded}'] }});"
    code = "@Controller('health')\nclass A {\n  @Get('live') a() {}\n}"
    assert health(repository, {"main.ts": main, "a.controller.ts": code}) == "/health/live"
