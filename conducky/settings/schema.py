"""Every setting of every layer: its type, its range, its default and what it is for.

A setting is a key of a stack's configuration (`Pulumi.<stack>.yaml`), in camel case, set by `pulumi config set`.
`docs/configuration.md` is generated from these classes.
"""

import json
from typing import Annotated, Any, ClassVar, Literal, Self

from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from conducky.environment import SHORTEST_SECRET
from conducky.errors import UserError
from conducky.settings.errors import config_command, describe, plain_secret, region_in_stack_file, unknown_namespace

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LogRetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]

# CPU units to the memory sizes (MiB) that Fargate offers with them.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
FARGATE_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: (1024, 2048, 3072, 4096),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
}


def _number_from_text(value: object) -> object:
    """Pulumi hands a program every value as text; `Literal` numbers need the number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value


def _list_from_text(value: object) -> object:
    """A list arrives as JSON text."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _all_different(values: list[str] | None) -> list[str] | None:
    """Subnets in one zone twice are what AWS would refuse, after half of the layer was created."""
    if values and len(set(values)) < len(values):
        raise PydanticCustomError("not_different", "must be two different zones")
    return values


def _not_an_address(value: str | None) -> str | None:
    """No repository's name ends in `.git`, and a token's subject never would."""
    if value and value.endswith(".git"):
        raise PydanticCustomError("not_an_address", "must be written without `.git`")
    return value


CpuUnits = Annotated[Literal[256, 512, 1024, 2048, 4096], BeforeValidator(_number_from_text)]
# Scheme, host and port, as browsers write and CORS compares them: lower case, no path and no trailing slash.
_ORIGIN = r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?"
ORIGIN = rf"^{_ORIGIN}$"
ORIGINS = rf"^{_ORIGIN}(,{_ORIGIN})*$"
# Nothing that IAM would read as a pattern; what an owner, a repository, a branch or an environment may be called.
_GITHUB_REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$"
_GITHUB_WORD = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$"
Origin = Annotated[str, Field(pattern=ORIGIN)]


class Settings(BaseModel):
    """What every layer can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_default=True)

    layer: ClassVar[str]

    project_name: str = Field(
        default="conducky",
        pattern=r"^[a-z][a-z0-9]*$",
        description="The first word of every resource's name; the same in all three layers.",
        examples=["conducky"],
    )
    account_id: str | None = Field(
        default=None,
        pattern=r"^[0-9]{12}$",
        description="The AWS account this stack belongs to; with other credentials nothing is touched.",
        examples=["123456789012"],
    )

    @classmethod
    def load(cls) -> Self:
        """The settings of the current stack.

        Raises:
            UserError: a setting is unknown or wrong; the sentence names the key and the command that mends it.
        """
        own = f"conducky-{cls.layer}"
        values: dict[str, Any] = {}
        for key, value in {**get_config_env(), **CONFIG.get()}.items():
            namespace, _, name = key.partition(":")
            if namespace == own:
                values[name] = value
            elif key == "aws:region":
                raise UserError(region_in_stack_file(cls.layer))
            elif namespace not in {"aws", "pulumi", "random", "docker-build"}:
                raise UserError(unknown_namespace(cls.layer, key))
        for name, field in cls.model_fields.items():
            key = to_camel(name)
            if "SecretStr" in str(field.annotation) and key in values and not _is_secret(f"{own}:{key}"):
                raise UserError(plain_secret(cls.layer, key))
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            secret_keys = [key for key in values if _is_secret(f"{own}:{key}")]
            raise UserError(describe(cls.layer, cls, error, secret_keys)) from None


def _is_secret(key: str) -> bool:
    return is_config_secret(key) or key in get_config_secret_keys_env()


class BootstrapSettings(Settings):
    """Settings of `bootstrap`."""

    layer: ClassVar[str] = "bootstrap"

    images_to_keep: int = Field(
        default=10,
        ge=2,
        le=1000,
        description="How many images each repository keeps; older ones expire, and a rollback needs the one before.",
    )

    github_repository: Annotated[str | None, AfterValidator(_not_an_address)] = Field(
        default=None,
        pattern=_GITHUB_REPOSITORY,
        description="The repository whose GitHub Actions may deploy without a key, written as GitHub writes it; "
        "docs/deployer.md says what it takes.",
        examples=["acme/conducky"],
    )
    github_ids: str | None = Field(
        default=None,
        pattern=r"^[1-9][0-9]*/[1-9][0-9]*$",
        description="The ids of that owner and repository, which the tokens of repositories made or renamed since July "
        "2026 name as well; docs/deployer.md says how to find them.",
        examples=["1234567/7654321"],
    )
    github_branch: str = Field(
        default="main",
        pattern=_GITHUB_WORD,
        description="The branch that may deploy, where no `githubEnvironment` is set.",
        examples=["main"],
    )
    github_environment: str | None = Field(
        default=None,
        pattern=_GITHUB_WORD,
        description="The GitHub environment whose jobs may deploy, in the place of the branch: GitHub can ask somebody "
        "to approve them.",
        examples=["production"],
    )
    github_previews: bool = Field(
        default=False,
        description="A second role, for the previews of pull requests, that reads no secret and changes nothing.",
    )

    @model_validator(mode="after")
    def _github_is_whole(self) -> Self:
        alone = sorted(name for name in self.model_fields_set if name.startswith("github_"))
        if alone and self.github_repository is None:
            raise UserError(
                f"`{to_camel(alone[0])}` is set and `githubRepository` is not, so it says nothing: "
                f"run {config_command('bootstrap', 'set githubRepository acme/conducky')}"
            )
        return self


class PlatformSettings(Settings):
    """Settings of `platform`."""

    layer: ClassVar[str] = "platform"

    load_balancers: Literal["shared", "dedicated"] = Field(
        default="shared",
        description="One load balancer for both services (`/api/*` to the backend), or one each at twice the price; "
        "without HTTPS a browser session works only with the shared one.",
    )
    availability_zones: Annotated[
        list[str] | None, BeforeValidator(_list_from_text), AfterValidator(_all_different)
    ] = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="The two zones to use; by default the first two of the default VPC in alphabetical order.",
        examples=['["us-east-1a","us-east-1b"]'],
    )
    deletion_protection: bool = Field(
        default=False,
        description="Refuse to delete or replace the database and the load balancer until this is `false` and applied.",
    )
    database_instance_class: str = Field(
        default="db.t4g.micro",
        pattern=r"^db\.[a-z0-9]+\.(micro|small|medium|large|[0-9]*xlarge)$",
        description="The database's size. New accounts on AWS's free plan may use only `micro` classes.",
        examples=["db.t4g.micro"],
    )
    database_storage_gib: int = Field(
        default=20, ge=20, le=16384, description="The database's disk (gp3), GiB. It can grow, never shrink."
    )
    database_backup_days: int = Field(
        default=1,
        ge=0,
        le=35,
        description="How many days automatic backups are kept; accounts on AWS's free plan may keep 1 at most.",
    )
    database_final_snapshot: bool = Field(
        default=False, description="Keep a last snapshot when the database is deleted."
    )
    database_multi_az: bool = Field(
        default=False, description="A standby in the second zone, at twice the database's price."
    )


class ServicesSettings(Settings):
    """Settings of `services`."""

    layer: ClassVar[str] = "services"

    architecture: Literal["arm64", "x86_64"] = Field(
        default="arm64", description="The processor of images, tasks and the CI runner; arm64 is a fifth cheaper."
    )
    capacity: Literal["spot", "on-demand"] = Field(
        default="spot", description="Fargate Spot (up to 70 % cheaper, tasks may be moved) or on demand."
    )
    frontend_count: int = Field(default=1, ge=0, le=20, description="How many frontend tasks run.")
    frontend_cpu: CpuUnits = Field(default=256, description="CPU units of a frontend task (1024 is one vCPU).")
    frontend_memory: int = Field(default=512, ge=512, le=30720, description="Memory of a frontend task, MiB.")
    backend_count: int = Field(default=1, ge=0, le=20, description="How many backend tasks run.")
    backend_cpu: CpuUnits = Field(default=256, description="CPU units of a backend task (1024 is one vCPU).")
    backend_memory: int = Field(default=512, ge=512, le=30720, description="Memory of a backend task, MiB.")
    log_retention_days: Annotated[LogRetentionDays, BeforeValidator(_number_from_text)] = Field(
        default=7, description="How many days the applications' logs are kept."
    )
    frontend_base_url: Origin | None = Field(
        default=None,
        description="FRONTEND_BASE_URL of the backend, where it is not the load balancer's address.",
        examples=["https://app.example.com"],
    )
    cors_origin: str | None = Field(
        default=None,
        pattern=ORIGINS,
        description="CORS_ORIGIN of the backend, comma-separated, where it is not the frontend's address.",
        examples=["https://app.example.com"],
    )
    next_public_api_url: Origin | None = Field(
        default=None,
        description="NEXT_PUBLIC_API_URL and API_URL of the frontend, where it is not the load balancer's address.",
        examples=["https://api.example.com"],
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        min_length=SHORTEST_SECRET,
        description="JWT_SECRET, where the environment variable is not set (set with `--secret`).",
    )
    session_secret: SecretStr | None = Field(
        default=None,
        min_length=SHORTEST_SECRET,
        description="SESSION_SECRET, where the environment variable is not set (set with `--secret`).",
    )

    @model_validator(mode="after")
    def _fargate_offers_the_sizes(self) -> Self:
        for service, cpu, memory in (
            ("frontend", self.frontend_cpu, self.frontend_memory),
            ("backend", self.backend_cpu, self.backend_memory),
        ):
            if memory not in FARGATE_SIZES[cpu]:
                smallest, *others, largest = FARGATE_SIZES[cpu]
                offered = f"{smallest}, {others[0]}, … {largest}"
                raise UserError(
                    f"`{service}Memory` is {memory} MiB, and with `{service}Cpu` {cpu} Fargate offers "
                    f"{offered}: "
                    f"run {config_command('services', f'set {service}Memory {smallest}')}"
                )
        return self


ALL_SETTINGS: tuple[type[Settings], ...] = (BootstrapSettings, PlatformSettings, ServicesSettings)
