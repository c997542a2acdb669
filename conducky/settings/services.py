"""Settings of `services`: applications, tasks, scaling and releases."""

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from conducky.environment import SHORTEST_SECRET
from conducky.errors import UserError
from conducky.settings.application import Backend, Frontend
from conducky.settings.base import Settings
from conducky.settings.errors import config_command
from conducky.settings.values import (
    BAKE_MINUTES,
    BAKES,
    FAILURES_BEFORE_ROLLBACK,
    FARGATE_SIZES,
    LONGEST_RELEASE,
    LONGEST_START,
    ORIGINS,
    TASK_START_SECONDS,
    CpuUnits,
    Email,
    LogRetentionDays,
    Origin,
    object_from_text,
    unhealthy_minutes,
)
from conducky.settings.worker import Worker


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
        description="How many requests a minute a task should answer: more start above that. Behind an HTTP API, and "
        "where `deploymentStrategy` is or was another than rolling, only the CPU counts.",
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
        le=LONGEST_RELEASE,
        description="How long `pulumi up` waits until a release is steady or ECS has rolled it back: at least "
        "three times the longer grace + 120 s, because ECS rolls back after three failed tasks; with "
        "`alarmRollback`, that grace + 120 s more, and with canary or blue-green their `bakeMinutes`.",
    )
    deployment_strategy: Literal["rolling", "canary", "blue-green"] = Field(
        default="rolling",
        description="How a release takes over: rolling, task by task; canary, first with a tenth of the requests and "
        "then with all; or blue-green, with all at once. With the last two the old tasks stay for a while, and get all "
        "requests again when an alarm goes off (`alarmRollback` is always on then). Not behind an HTTP API; see "
        "[releases.md](releases.md#releases-that-take-over-step-by-step).",
    )
    bake_minutes: int | None = Field(
        default=None,
        ge=1,
        le=30,
        description="How long ECS watches the alarms after each step of canary (two) and blue-green (one), in minutes: "
        f"{BAKE_MINUTES} unless it is set.",
        examples=["10"],
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

    @property
    def bakes(self) -> int:
        """Minutes for which ECS watches each step of a release."""
        return self.bake_minutes or BAKE_MINUTES

    @property
    def watches_alarms(self) -> bool:
        """Whether alarms roll a release back."""
        return self.alarm_rollback or self.deployment_strategy != "rolling"

    @model_validator(mode="after")
    def _only_steps_have_a_bake_time(self) -> Self:
        if self.bake_minutes and self.deployment_strategy == "rolling":
            raise UserError(
                "`bakeMinutes` is for `deploymentStrategy` canary or blue-green, and it is rolling: ECS watches a "
                "rolling release for as long as its alarms need",
                f"run {config_command('services', 'rm bakeMinutes')} or "
                f"{config_command('services', 'set deploymentStrategy canary')}",
            )
        return self

    @model_validator(mode="after")
    def _ecs_rolls_back_before_pulumi_gives_up(self) -> Self:
        graces = {
            "backendGraceSeconds": self.backend_grace_seconds,
            "frontendGraceSeconds": self.frontend_grace_seconds,
        }
        key, grace = max(graces.items(), key=lambda item: item[1])
        starts = math.ceil(FAILURES_BEFORE_ROLLBACK * (grace + TASK_START_SECONDS) / 60)
        steps, left = BAKES[self.deployment_strategy], LONGEST_RELEASE - starts
        watched = steps * self.bakes if steps else unhealthy_minutes(grace) if self.alarm_rollback else 0
        if self.steady_state_minutes < (needed := starts + watched):
            change = f"steadyStateMinutes {needed}"
            if needed > LONGEST_RELEASE:
                change = f"bakeMinutes {left // steps}" if 0 < steps <= left else f"{key} {LONGEST_START}"
            bakes = f" and `bakeMinutes` {self.bakes}" if steps else ""
            raise UserError(
                f"`steadyStateMinutes` is {self.steady_state_minutes}, but with `{key}` {grace}{bakes} ECS needs "
                f"{needed} minutes to roll a bad release back",
                f"run {config_command('services', f'set {change}')}",
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
