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
        ("app.enableVersioning();", ["/api/*"]),
    ],
)
def test_the_paths_of_controllers(repository: Repository, main: str, paths: list[str]) -> None:
    found = repository.backend(**{"main.ts": MAIN + main, "users.controller.ts": USERS, "health.ts": HEALTH})
    assert found.get("paths", ["/api/*"]) == paths
