"""What the layers below do not allow yet: found before anything is created, with the command that changes it."""

import pulumi_aws as aws
from service_entrance import require_what_fits

from conducky.contracts import BootstrapOutputs, PlatformOutputs
from conducky.deployed import deployed_resources
from conducky.errors import UserError
from conducky.layer import Layer
from conducky.settings import ServicesSettings
from conducky.settings.errors import config_command

_KEPT_CONNECTIONS = 10  # for people, migrations, and Postgres itself
_UPGRADING = "docs/upgrading.md says how an earlier release moves"


def check_upstream(layer: Layer[ServicesSettings], bootstrap: BootstrapOutputs, platform: PlatformOutputs) -> None:
    """Stop where this release could only fail half-way.

    Raises:
        UserError: when a task is larger than bootstrap allows, all backend tasks could open more connections than the
            database takes, a schedule and autoscaling would both set the number of tasks, platform keeps DATABASE_URL
            where the backend's role does not read it, roles of an earlier release would have to be deleted without an
            admin, or an HTTP API cannot do what a service needs.
    """
    settings, stack = layer.settings, layer.names.stack
    require_what_fits(settings, platform.value("entrance"))
    largest: int = bootstrap.value("max_task_cpu")
    for setting, cpu in (
        ("backendCpu", settings.backend_cpu),
        ("frontendCpu", settings.frontend_cpu),
        ("worker.cpu", settings.worker.cpu if settings.worker else 0),
    ):
        if cpu > largest:
            path = "--path " if "." in setting else ""
            raise UserError(
                f"`{setting}` is {cpu}, but bootstrap/{stack} allows at most {largest} (setting `maxTaskCpu`)",
                f"run {config_command('services', f'set {path}{setting} {largest}')}, or as an AWS admin "
                f"{config_command('bootstrap', f'set maxTaskCpu {cpu}')} and `make deploy STACK={stack} "
                "LAYER=bootstrap`",
            )
    if (settings.backend_max_count or settings.frontend_max_count) and platform.value("schedule"):
        raise UserError(
            f"`backendMaxCount` and `frontendMaxCount` do not go with the `schedule` of platform/{stack}: both would "
            "set the number of tasks",
            f"run {config_command('platform', 'rm schedule')} and `make deploy STACK={stack} LAYER=platform`, or take "
            "these two out of services",
        )
    _require_connections(settings, platform.value("database_max_connections"))
    parameter: str = platform.value("database_url_parameter_arn")
    if not parameter.endswith(f":parameter{layer.names.parameter('backend', 'DATABASE_URL')}"):
        raise UserError(
            f"platform/{stack} keeps DATABASE_URL where an earlier release did, and the backend's role cannot read it",
            f"run `make deploy LAYER=platform STACK={stack}` first; {_UPGRADING}",
        )
    if deployed_resources("aws:iam/role:Role") and _is_deployer(layer, aws.get_caller_identity().arn):
        raise UserError(
            f"services/{stack} still has roles of an earlier release, and the deployer cannot delete them",
            f"run `make deploy STACK={stack}` once as an AWS admin; {_UPGRADING}",
        )


def _require_connections(settings: ServicesSettings, limit: int) -> None:
    """During a release the tasks of both revisions are connected."""
    most = settings.backend_max_count or 0
    setting = "backendMaxCount" if most > settings.backend_count else "backendCount"
    tasks = 2 * (max(settings.backend_count, most) + (settings.worker.count if settings.worker else 0))
    if limit and tasks * settings.database_pool_size + _KEPT_CONNECTIONS > limit:
        what = f"backend{' and worker' if settings.worker else ''} tasks (by `{setting}`)"
        fits = max((limit - _KEPT_CONNECTIONS) // tasks, 1)
        raise UserError(
            f"{tasks} {what}, as many as run during a release, could open {settings.database_pool_size} connections "
            f"each (`databasePoolSize`), and the database takes about {limit}",
            f"run {config_command('services', f'set databasePoolSize {fits}')}, or set a larger "
            "`databaseInstanceClass` of platform",
        )


def _is_deployer(layer: Layer[ServicesSettings], caller: str) -> bool:
    return any(
        f":{kind}/{layer.names.of(name)}" in caller
        for kind, name in (("user", "deployer"), ("assumed-role", "github-deploy"))
    )
