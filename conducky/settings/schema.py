"""Every setting of every layer: its type, its range, its default and what it is for.

A setting is a key of a stack's configuration (`Pulumi.<stack>.yaml`), in camel case, set by `pulumi config set`.
The tables of `docs/configuration.md` are generated from these classes.
"""

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic.alias_generators import to_camel

from conducky.errors import UserError
from conducky.settings.base import Settings
from conducky.settings.entrance import EntranceSettings
from conducky.settings.errors import config_command
from conducky.settings.schedule import EXAMPLE, a_schedule
from conducky.settings.services import ServicesSettings
from conducky.settings.values import (
    GITHUB_REPOSITORY,
    GITHUB_WORD,
    CpuUnits,
    DatabaseClass,
    Email,
    SnapshotOrTime,
    StatementsFile,
    all_different,
    list_from_text,
    next_disk,
    not_a_clone_address,
)


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


class PlatformSettings(EntranceSettings):
    """Settings of `platform`."""

    layer: ClassVar[str] = "platform"

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
        description="Refuse to delete or replace the database, the load balancer with its access logs, the CloudFront "
        "distribution and the images' repositories until this is deployed as `false`, for the repositories in "
        "bootstrap.",
    )
    database_instance_class: DatabaseClass = Field(
        default="db.t4g.micro",
        description="The size of the database server. New accounts on AWS's free plan can use only `micro` classes.",
        examples=["db.t4g.micro"],
    )
    database_storage_gib: int = Field(
        default=20,
        ge=20,
        le=16384,
        description="The database's disk (gp3), in GiB. It can grow, by a tenth or more, but never shrink.",
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
        least = next_disk(self.database_storage_gib)
        if self.database_max_storage_gib and self.database_max_storage_gib < least:
            raise UserError(
                f"`databaseMaxStorageGib` is {self.database_max_storage_gib}, but with `databaseStorageGib` "
                f"{self.database_storage_gib} RDS takes {least} or more",
                f"run {config_command('platform', f'set databaseMaxStorageGib {least}')}",
            )
        return self


ALL_SETTINGS: tuple[type[Settings], ...] = (BootstrapSettings, PlatformSettings, ServicesSettings)
