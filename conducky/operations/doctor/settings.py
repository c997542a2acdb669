"""Whether a stack's settings, secrets and state are ready, in all layers, before anything is created."""

from collections.abc import Iterator, Sequence
from functools import partial

from conducky.deployment import PulumiCli
from conducky.deployment.stack_state import exported
from conducky.environment import APPLICATION_SECRETS, variable
from conducky.errors import UserError
from conducky.operations.doctor.finding import Finding, ok, warning, wrong
from conducky.repository import READS, stack_config, stack_file
from conducky.secret_values import how_to_export, problem_with, secret_names
from conducky.settings.offline import settings_of
from conducky.settings.schema import ALL_SETTINGS, PlatformSettings


def stack_files(stack: str) -> Iterator[Finding]:
    """Every setting of every layer, checked as its program checks it."""
    values: dict[str, set[str]] = {"projectName": set(), "accountId": set()}
    for kind in ALL_SETTINGS:
        try:
            settings = settings_of(kind, stack)
        except UserError as error:
            yield wrong(error.problem, error.fix)
            continue
        values["projectName"].add(settings.project_name)
        values["accountId"] |= {settings.account_id} if settings.account_id else set()
        yield ok(f"the settings in {kind.layer}/Pulumi.{stack}.yaml")
    for name, found in values.items():
        if len(found) > 1:
            yield wrong(
                f"`{name}` differs between the layers: {', '.join(sorted(found))}",
                f"set the same `{name}` in Pulumi.{stack}.yaml of all three layers",
            )


def secrets(stack: str) -> Iterator[Finding]:
    """The applications' secrets, in the environment or encrypted in the stack file."""
    config = stack_config(stack_file("services", stack))
    stored = {key.partition(":")[2] for key, value in config.items() if value is None}
    for name in secret_names(config):
        value, setting = variable(name), APPLICATION_SECRETS.get(name)
        export = f"run {how_to_export(name)} and keep the value for the next deployment"
        if value is None and setting is None:
            yield wrong(f"{name} is not in the environment", export)
        elif value is None and setting not in stored:
            store = f"openssl rand -hex 32 | pulumi -C services config set --secret {setting} --stack {stack}"
            yield wrong(f"{name} is in neither the environment nor the settings of services", f"run `{store}`")
        elif value and (problem := problem_with(name, value)):
            yield wrong(problem, export)
        else:
            yield ok(f"{name}, from {'the environment' if value else 'the settings of services'}")


def stacks(pulumi: PulumiCli, layers: Sequence[str]) -> Iterator[Finding]:
    """The stacks in Pulumi's state: those to deploy, and those whose outputs they read."""
    name = pulumi.selection.name
    for layer in layers:
        below = [each for each in READS[layer] if each not in layers]
        for each in below:
            if exported(pulumi, each) is None:
                how = " as an AWS admin" if each == "bootstrap" else ""
                yield wrong(
                    f"{each}/{pulumi.selection.stack} is not deployed, and {layer} reads its outputs",
                    f"run {pulumi.selection.make('deploy', each)}{how} first",
                )
        if pulumi.query(layer, "stack", "output", "--json") is None:
            yield wrong(
                f"{layer} has no stack `{name}` yet",
                f"run `{pulumi.shown(layer, 'stack init')}`",
                partial(pulumi.query, layer, "stack", "init"),
            )
        else:
            yield ok(f"the stack {name} of {layer}")


def free_plan(stack: str) -> Iterator[Finding]:
    """What accounts on AWS's free plan refuse of these settings."""
    settings = settings_of(PlatformSettings, stack)
    edit = f"set it in platform/Pulumi.{stack}.yaml, or upgrade the account to the paid plan"
    if settings.database_backup_days > 1:
        yield warning(
            f"the free plan keeps backups 1 day at most, and `databaseBackupDays` is {settings.database_backup_days}",
            edit,
        )
    if not settings.database_instance_class.endswith(".micro"):
        yield warning(
            "the free plan allows `micro` databases only, and `databaseInstanceClass` is "
            f"{settings.database_instance_class}",
            edit,
        )
