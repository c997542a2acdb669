"""Every setting of every layer: its type, its range, its default and what it is for.

A setting is a key of a stack's configuration (`Pulumi.<stack>.yaml`), in camel case, set by `pulumi config set`.
The tables of `docs/configuration.md` are generated from these classes.
"""

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic.alias_generators import to_camel

from conducky.environment import SHORTEST_SECRET
from conducky.errors import UserError
from conducky.settings.application import Backend, Frontend
from conducky.settings.base import Settings
from conducky.settings.errors import config_command
from conducky.settings.schedule import EXAMPLE, a_schedule
from conducky.settings.values import (
    FAILURES_BEFORE_ROLLBACK,
    FARGATE_SIZES,
    GITHUB_REPOSITORY,
    GITHUB_WORD,
    ORIGINS,
    TASK_START_SECONDS,
    CpuUnits,
    Email,
    LogRetentionDays,
    Origin,
    SnapshotOrTime,
    StatementsFile,
    all_different,
    list_from_text,
    not_a_clone_address,
    object_from_text,
    unhealthy_minutes,
)
from conducky.settings.worker import Worker


class BootstrapSettings(Settings):
    """Settings of `bootstrap`."""

    layer: ClassVar[str] = "bootstrap"

    images_to_keep: int = Field(
        default=20,
        ge=2,
        le=1000,
        description="How many images that were proven live each repository keeps, the newest. Other images expire 30 "
        "days after they were pushed.",
    )
    github_repository: Annotated[str | None, AfterValidator(not_a_clone_address)] = Field(
        default=None,
        pattern=GITHUB_REPOSITORY,
        description="The repository whose GitHub Actions can deploy without a key, spelled as on GitHub; "
        "see [deployer.md](deployer.md).",
        examples=["acme/conducky"],
    )
    github_ids: str | None = Field(
        default=None,
        pattern=r"^[1-9][0-9]*/[1-9][0-9]*$",
        description="The ids of that owner and repository. Tokens of repositories created or renamed since July 2026 "
        "contain them; [deployer.md](deployer.md) says how to find them.",
        examples=["1234567/7654321"],
    )
    github_branch: str = Field(
        default="main",
        pattern=GITHUB_WORD,
        description="The branch that can deploy; with `githubEnvironment`, the one whose workflows can.",
        examples=["main"],
    )
    github_environment: str | None = Field(
        default=None,
        pattern=GITHUB_WORD,
        description="The GitHub environment whose jobs can deploy, instead of every job of the branch. GitHub can "
        "require an approval for each of them.",
        examples=["production"],
    )
    github_previews: bool = Field(
        default=False,
        description="Create a second role, for previews of pull requests. It can read no secret and change nothing.",
    )
    max_task_cpu: CpuUnits = Field(
        default=4096,
        description="The most CPU units that a task of this stack can have; the deployer can register no larger one.",
    )
    backend_permissions: StatementsFile | None = Field(
        default=None,
        description="A JSON file, from the repository's root, of the IAM statements that the backend needs besides; "
        "see [deployer.md](deployer.md#what-an-application-may-do-besides).",
        examples=["bootstrap/permissions.example.json"],
    )
    frontend_permissions: StatementsFile | None = Field(
        default=None,
        description="The same for the frontend.",
        examples=["bootstrap/permissions.example.json"],
    )
    budget_email: Email | None = Field(
        default=None,
        description="Create a monthly budget for the whole AWS account, and send its e-mails to this address. Only one "
        "stack of an account can have it; [cost.md](cost.md#a-budget-that-warns-you) says more.",
        examples=["costs@example.com"],
    )
    budget_limit: int = Field(
        default=60,
        ge=1,
        le=1_000_000,
        description="The budget's limit, in US dollars a month. E-mails go out at 50, 80 and 100 % of it, and when AWS "
        "expects the month to end above it.",
        examples=["60"],
    )

    @model_validator(mode="after")
    def _budget_is_whole(self) -> Self:
        if "budget_limit" in self.model_fields_set and self.budget_email is None:
            raise UserError(
                "`budgetLimit` has no effect without `budgetEmail`",
                f"run {config_command('bootstrap', 'set budgetEmail costs@example.com')}",
            )
        return self

    @model_validator(mode="after")
    def _github_is_whole(self) -> Self:
        alone = sorted(name for name in self.model_fields_set if name.startswith("github_"))
        if alone and self.github_repository is None:
            raise UserError(
                f"`{to_camel(alone[0])}` has no effect without `githubRepository`",
                f"run {config_command('bootstrap', 'set githubRepository acme/conducky')}",
            )
        return self


class PlatformSettings(Settings):
    """Settings of `platform`."""

    layer: ClassVar[str] = "platform"

    entrance: Literal["load-balancer", "http-api"] = Field(
        default="load-balancer",
        description="A load balancer, or an HTTP API of API Gateway: HTTPS without a domain at about half the price, "
        "but a request ends after 30 s and a body at 10 MB, nothing is streamed, and there are no web sockets; see "
        "[decisions/http-api.md](decisions/http-api.md).",
    )
    load_balancers: Literal["shared", "dedicated"] = Field(
        default="shared",
        description="One load balancer for both services (`/api/*` goes to the backend), or one for each, at twice the "
        "price. Without HTTPS, browser sessions work only with the shared one.",
    )
    availability_zones: Annotated[list[str] | None, BeforeValidator(list_from_text), AfterValidator(all_different)] = (
        Field(
            default=None,
            min_length=2,
            max_length=2,
            description="The two zones to use; by default the first two of the default VPC in alphabetical order.",
            examples=['["us-east-1a","us-east-1b"]'],
        )
    )
    deletion_protection: bool = Field(
        default=False,
        description="Refuse to delete or replace the database, the load balancer and the images' repositories until "
        "this is deployed as `false`, for the repositories in bootstrap.",
    )
    database_instance_class: str = Field(
        default="db.t4g.micro",
        pattern=r"^db\.[a-z0-9]+\.(micro|small|medium|large|[0-9]*xlarge)$",
        description="The size of the database server. New accounts on AWS's free plan can use only `micro` classes.",
        examples=["db.t4g.micro"],
    )
    database_storage_gib: int = Field(
        default=20, ge=20, le=16384, description="The database's disk (gp3), in GiB. It can grow but never shrink."
    )
    database_max_storage_gib: int | None = Field(
        default=None,
        ge=22,
        le=65536,
        description="Let AWS enlarge the disk up to this when it is almost full: at least 10 % above "
        "`databaseStorageGib`. Every GiB that it adds is billed, and stays.",
        examples=["100"],
    )
    database_backup_days: int = Field(
        default=1,
        ge=0,
        le=35,
        description="How many days automatic backups are kept. Accounts on AWS's free plan can keep 1 at most.",
    )
    database_final_snapshot: bool = Field(
        default=False,
        description="When the database is deleted, take a final snapshot and keep the automatic backups until they "
        "expire.",
    )
    database_multi_az: bool = Field(
        default=False, description="Run a standby in the second zone, at twice the database's price."
    )
    database_restore_from: SnapshotOrTime | None = Field(
        default=None,
        description="Restore a backup, or the database of a time, as a new one beside the present one, and move to it: "
        "`conducky database restore` sets it. The earlier database stays, and costs, until `conducky database forget`.",
        examples=["conducky-dev-database-before-migration"],
    )
    database_password_rotation: bool = Field(
        default=False,
        description="Let the backend sign in with a second login while the database's password changes: `conducky "
        "database rotate-password` creates that login, sets this, and removes both.",
    )

    schedule: Annotated[str | None, AfterValidator(a_schedule)] = Field(
        default=None,
        description="When tasks and database run; outside of these hours they are stopped. Days (`mon-fri`, "
        "`sat,sun`; without them every day), times and time zone. `conducky start` and `conducky stop` do it by hand.",
        examples=[EXAMPLE],
    )

    @model_validator(mode="after")
    def _storage_has_room_to_grow(self) -> Self:
        least = math.ceil(self.database_storage_gib * 1.1)
        if self.database_max_storage_gib and self.database_max_storage_gib < least:
            raise UserError(
                f"`databaseMaxStorageGib` is {self.database_max_storage_gib}, but with `databaseStorageGib` "
                f"{self.database_storage_gib} RDS takes {least} or more",
                f"run {config_command('platform', f'set databaseMaxStorageGib {least}')}",
            )
        return self

    @model_validator(mode="after")
    def _an_http_api_is_one_for_both(self) -> Self:
        if self.entrance == "http-api" and self.load_balancers == "dedicated":
            raise UserError(
                "`loadBalancers` is `dedicated`, but with `entrance` http-api both services share the API",
                f"run {config_command('platform', 'rm loadBalancers')}",
            )
        return self


class ServicesSettings(Settings):
    """Settings of `services`."""

    layer: ClassVar[str] = "services"

    architecture: Literal["arm64", "x86_64"] = Field(
        default="arm64", description="The processor of images, tasks and the CI runner. arm64 is 20 % cheaper."
    )
    capacity: Literal["spot", "mixed", "on-demand"] = Field(
        default="spot",
        description="Fargate Spot (up to 70 % cheaper, but AWS can stop a task at two minutes' notice), on demand, or "
        "mixed: the first task of each service on demand, all others on Spot.",
    )
    frontend: Annotated[Frontend, BeforeValidator(object_from_text)] = Field(
        default=Frontend(),
        description="What the frontend is and needs; see [below](#what-an-application-is).",
        examples=["{port: 3000}"],
    )
    backend: Annotated[Backend, BeforeValidator(object_from_text)] = Field(
        default=Backend(),
        description="What the backend is and needs; see [below](#what-an-application-is).",
        examples=["{port: 4000}"],
    )
    worker: Annotated[Worker | None, BeforeValidator(object_from_text)] = Field(
        default=None,
        description="A third service without an entrance, for queues and scheduled work; see "
        "[your-applications.md](your-applications.md#a-worker). There is none unless it is set.",
        examples=['{"command": ["node", "dist/worker.js"]}'],
    )
    frontend_count: int = Field(default=1, ge=0, le=20, description="How many frontend tasks run.")
    frontend_cpu: CpuUnits = Field(default=256, description="CPU units of a frontend task (1024 is one vCPU).")
    frontend_memory: int = Field(default=512, ge=512, le=30720, description="Memory of a frontend task, in MiB.")
    frontend_grace_seconds: int = Field(
        default=60,
        ge=30,
        le=1080,
        description="How long ECS leaves a new frontend task alone before health checks count, in seconds: longer than "
        "it takes to answer, also where it builds its pages when it starts.",
    )
    backend_count: int = Field(default=1, ge=0, le=20, description="How many backend tasks run.")
    backend_cpu: CpuUnits = Field(default=256, description="CPU units of a backend task (1024 is one vCPU).")
    backend_memory: int = Field(default=512, ge=512, le=30720, description="Memory of a backend task, in MiB.")
    frontend_max_count: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="Start up to so many frontend tasks by itself while they are busy; `frontendCount` is the least. "
        "Not together with `schedule` of platform.",
        examples=["4"],
    )
    backend_max_count: int | None = Field(
        default=None, ge=1, le=100, description="The same for the backend.", examples=["4"]
    )
    scaling_cpu_percent: int = Field(
        default=60, ge=10, le=90, description="How busy tasks should be: more start above this share of their CPU."
    )
    scaling_requests: int = Field(
        default=1000,
        ge=1,
        le=1_000_000,
        description="How many requests a minute a task should answer: more start above that. Behind an HTTP API only "
        "the CPU counts.",
    )
    database_pool_size: int = Field(
        default=10,
        ge=1,
        le=999,
        description="How many connections each backend task opens to the database at most (DATABASE_POOL_SIZE). During "
        "a release old and new tasks run; if all together could open more than the database takes, the program stops "
        "before it changes anything.",
    )
    backend_grace_seconds: int = Field(
        default=300,
        ge=30,
        le=1080,
        description="How long ECS leaves a new backend task alone before health checks count, in seconds. Its "
        "migrations run in that time. A crash is noticed at once.",
    )
    steady_state_minutes: int = Field(
        default=30,
        ge=10,
        le=60,
        description="How long `pulumi up` waits until a release is steady or ECS has rolled it back: at least "
        "three times the longer grace + 120 s, because ECS rolls back after three failed tasks; with "
        "`alarmRollback`, that grace + 120 s more.",
    )
    alarm_rollback: bool = Field(
        default=False,
        description="Roll a release back by itself when its tasks answer errors (5xx) or are unhealthy, also some "
        "minutes after it is steady; see [runbook.md](runbook.md#an-alarm-went-off).",
    )
    alarm_email: Email | None = Field(
        default=None,
        description="Create alarms and a dashboard, and send an e-mail to this address when something is not well or a "
        "deployment fails. AWS asks the address for a confirmation first; [alarms.md](alarms.md) has the rest.",
        examples=["alarms@example.com"],
    )
    log_retention_days: LogRetentionDays = Field(
        default=7, description="How many days the applications' logs are kept."
    )
    frontend_base_url: Origin | None = Field(
        default=None,
        description="FRONTEND_BASE_URL of the backend, if it is not the load balancer's address.",
        examples=["https://app.example.com"],
    )
    cors_origin: str | None = Field(
        default=None,
        pattern=ORIGINS,
        description="CORS_ORIGIN of the backend, if it is not the frontend's address. Separate several by commas.",
        examples=["https://app.example.com"],
    )
    next_public_api_url: Origin | None = Field(
        default=None,
        description="NEXT_PUBLIC_API_URL and API_URL of the frontend, if they are not the load balancer's address.",
        examples=["https://api.example.com"],
    )
    backend_image: str | None = Field(
        default=None,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="Run this image of the backend's repository, and build none: `conducky rollback` sets it.",
        examples=["sha256:" + "7" * 64],
    )
    frontend_image: str | None = Field(
        default=None,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="Run this image of the frontend's repository, and build none: `conducky rollback` sets it.",
        examples=["sha256:" + "7" * 64],
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        min_length=SHORTEST_SECRET,
        description="JWT_SECRET, if the environment variable is not set. Set it with `--secret`.",
    )
    session_secret: SecretStr | None = Field(
        default=None,
        min_length=SHORTEST_SECRET,
        description="SESSION_SECRET, if the environment variable is not set. Set it with `--secret`.",
    )

    @model_validator(mode="after")
    def _ecs_rolls_back_before_pulumi_gives_up(self) -> Self:
        graces = {
            "backendGraceSeconds": self.backend_grace_seconds,
            "frontendGraceSeconds": self.frontend_grace_seconds,
        }
        key, grace = max(graces.items(), key=lambda item: item[1])
        needed = math.ceil(FAILURES_BEFORE_ROLLBACK * (grace + TASK_START_SECONDS) / 60)
        needed += unhealthy_minutes(grace) if self.alarm_rollback else 0
        if self.steady_state_minutes < needed:
            raise UserError(
                f"`steadyStateMinutes` is {self.steady_state_minutes}, but with `{key}` {grace} ECS needs {needed} "
                "minutes to roll a bad release back",
                f"run {config_command('services', f'set steadyStateMinutes {needed}')}",
            )
        return self

    @model_validator(mode="after")
    def _the_least_is_not_above_the_most(self) -> Self:
        for service, least, most in (
            ("frontend", self.frontend_count, self.frontend_max_count),
            ("backend", self.backend_count, self.backend_max_count),
        ):
            if most and least > most:
                raise UserError(
                    f"`{service}Count` is {least}, above `{service}MaxCount` {most}",
                    f"run {config_command('services', f'set {service}MaxCount {least}')}",
                )
        return self

    @model_validator(mode="after")
    def _the_worker_fits_the_backend(self) -> Self:
        if self.worker:
            self.worker.beside(self.backend)
        return self

    @model_validator(mode="after")
    def _fargate_offers_the_sizes(self) -> Self:
        for service, cpu, memory in (
            ("frontend", self.frontend_cpu, self.frontend_memory),
            ("backend", self.backend_cpu, self.backend_memory),
        ):
            if memory not in FARGATE_SIZES[cpu]:
                smallest, second, *_, largest = FARGATE_SIZES[cpu]
                raise UserError(
                    f"`{service}Memory` is {memory} MiB, but with `{service}Cpu` {cpu} Fargate offers "
                    f"{smallest}, {second}, … {largest}",
                    f"run {config_command('services', f'set {service}Memory {smallest}')}",
                )
        return self


ALL_SETTINGS: tuple[type[Settings], ...] = (BootstrapSettings, PlatformSettings, ServicesSettings)
