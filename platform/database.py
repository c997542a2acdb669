"""Postgres 15 on RDS, and its connection string as a secret parameter."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random
from restores import REPLACED_BY, RESTORED_FROM, Known, Plan

from conducky.errors import UserError
from conducky.naming import ROTATION_LOGIN, Names
from conducky.scheduled_call import ScheduledCall, scheduled_call
from conducky.settings.errors import config_command
from conducky.settings.schema import PlatformSettings
from conducky.settings.values import time_of

_NAME = "conducky"  # of the database and its owner, inside the server
# From 400 GiB on, gp3 has more of both at no extra price. The provider sends the former IOPS with the new size, which
# RDS refuses, unless a program names those that come with it; below, RDS takes no number.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
# https://github.com/hashicorp/terraform-provider-aws/issues/28382
_STRIPED_GIB, _STRIPED_IOPS, _STRIPED_MIB = 400, 12000, 500


def checked_address(address: str, user: str, database: str, *, encrypted: bool) -> str:
    """The address of a database that can be used.

    Raises:
        UserError: when it cannot, because what it was restored from is not of such a database.
    """
    if (user, database) == (_NAME, _NAME) and encrypted:
        return address
    what = f"belongs to `{user}` and holds `{database}`" if encrypted else "is not encrypted"
    raise UserError(
        f"the restored database {what}, so the backend keeps the earlier one",
        f"run {config_command('platform', 'rm databaseRestoreFrom')}, or set another backup",
    )


@dataclass(frozen=True)
class DatabaseArgs:
    """Where the database is, who can reach it, how large it is, and which one it is.

    With `keep_former_url`, DATABASE_URL also stays where tasks of an earlier release read it when they start.
    """

    names: Names
    scheduler_role_arn: str
    subnet_ids: Sequence[str]
    security_group_id: pulumi.Input[str]
    settings: PlatformSettings
    plan: Plan
    keep_former_url: bool = False


class Database(pulumi.ComponentResource):
    """A private, encrypted Postgres 15 that takes TLS connections only.

    Its address and password leave this component in one place: the SecureString DATABASE_URL.
    """

    instance: aws.rds.Instance
    url_parameter: aws.ssm.Parameter

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:Database", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._args, names = args, args.names
        # Letters and digits only: RDS refuses / @ " and space, and a URL would want others escaped.
        self._password = random.RandomPassword("database", length=32, special=False, opts=child)
        self._subnets = aws.rds.SubnetGroup(names.of("database"), subnet_ids=[*args.subnet_ids], opts=child)
        self._parameters = aws.rds.ParameterGroup(
            names.of("database"),
            family="postgres15",
            description="Postgres 15, TLS connections only",
            # PostgreSQL 15's own value, named so that it stays. AWS never records a change of the method alone, so with
            # the provider's default, `immediate`, every `up` would change it again.
            # https://github.com/hashicorp/terraform-provider-aws/issues/39252
            parameters=[{"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"}],
            opts=child,
        )
        keeps_last = args.settings.database_final_snapshot
        self._final_snapshot = self._snapshot_name(names) if keeps_last else None
        beside = [self._instance(each) for each in args.plan.beside]
        self.instance = self._instance(args.plan.used, beside)
        url = self._url(self._password.result)
        self.url_parameter = self._parameter("backend-DATABASE_URL", names.parameter("backend", "DATABASE_URL"), url)
        if args.keep_former_url:
            self._parameter("DATABASE_URL", f"/{names.project}/{names.stack}/DATABASE_URL", url)
        if args.settings.schedule:
            identifier = {"DbInstanceIdentifier": self.instance.identifier}
            # A database takes minutes to start, and tasks that find none end; stopped, it would cut them off.
            for call in (
                ScheduledCall("rds:startDBInstance", identifier, "start", -15),
                ScheduledCall("rds:stopDBInstance", identifier, "stop", 5),
            ):
                scheduled_call("database", args.settings.schedule, call, names, args.scheduler_role_arn, child)
        self.register_outputs({"url_parameter_arn": self.url_parameter.arn})

    def _instance(self, known: Known, after: Sequence[aws.rds.Instance] = ()) -> aws.rds.Instance:
        """The database in use, or one beside it that a restored one replaces; created when the others are marked."""
        settings, source = self._args.settings, self._args.plan.source
        restored = known.restored_from if not known.identifier else None
        marks = {RESTORED_FROM: known.restored_from, REPLACED_BY: known.replaced_by}
        protected = settings.deletion_protection
        # One beside another begins with its backup's disk, which may have grown by itself: RDS refuses a smaller one.
        # The next `up`, which takes the earlier one out of the state, enlarges it to what is set.
        # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
        own_disk = bool(after and restored)
        is_striped = settings.database_storage_gib >= _STRIPED_GIB and not own_disk
        return aws.rds.Instance(
            self._args.names.of(known.part),
            engine="postgres",
            # The major version alone: AWS withdraws minor ones, and applies new ones in the maintenance window.
            # Standard support of 15 ends in early 2028 (as of November 2026; the calendar has the day). Name a newer
            # version here and in the parameter group's family before that: AWS upgrades by itself then, and every `up`
            # would ask for a downgrade, which it refuses.
            # https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
            engine_version="15",
            auto_minor_version_upgrade=True,
            # After that, Extended Support would bill $146 a month unasked.
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            instance_class=settings.database_instance_class,
            multi_az=settings.database_multi_az,
            allocated_storage=None if own_disk else settings.database_storage_gib,
            max_allocated_storage=settings.database_max_storage_gib,
            storage_type="gp3",
            iops=_STRIPED_IOPS if is_striped else None,
            storage_throughput=_STRIPED_MIB if is_striped else None,
            storage_encrypted=True,
            db_name=_NAME,
            username=_NAME,
            password=self._password.result,
            db_subnet_group_name=self._subnets.name,
            parameter_group_name=self._parameters.name,
            vpc_security_group_ids=[self._args.security_group_id],
            publicly_accessible=False,
            ca_cert_identifier="rds-ca-rsa2048-g1",
            backup_retention_period=settings.database_backup_days,
            copy_tags_to_snapshot=True,
            skip_final_snapshot=not settings.database_final_snapshot,
            # With them the database can be restored to any second, until they expire.
            delete_automated_backups=not settings.database_final_snapshot,
            final_snapshot_identifier=self._final_snapshot,
            deletion_protection=protected,
            # An `up` that says "done" means done, not "in the next maintenance window".
            apply_immediately=True,
            snapshot_identifier=None if restored and time_of(restored) else restored,
            restore_to_point_in_time={"restore_time": restored, "source_db_instance_identifier": source.identifier}
            if source and restored
            else None,
            tags={tag: value for tag, value in marks.items() if value},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=after,
                # AWS keeps deletion protection on one that is replaced; Pulumi would keep it in the state.
                protect=protected and not known.replaced_by,
                retain_on_delete=bool(known.replaced_by),
                ignore_changes=["snapshot_identifier", "restore_to_point_in_time"],
            ),
        )

    def _parameter(self, name: str, path: str, url: pulumi.Output[str]) -> aws.ssm.Parameter:
        return aws.ssm.Parameter(
            name,
            name=path,
            description="Connection string of the backend",
            type="SecureString",
            value=url,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _url(self, password: pulumi.Output[str]) -> pulumi.Output[str]:
        """verify-full: encrypted, and the server proven to be the one that was meant."""
        instance = self.instance
        user = instance.username if not self._args.settings.database_password_rotation else ROTATION_LOGIN
        return pulumi.Output.secret(
            pulumi.Output.format(
                "postgresql://{0}:{1}@{2}:{3}/{4}?sslmode=verify-full",
                user,
                password,
                self._checked(),
                instance.port,
                instance.db_name,
            )
        )

    def _checked(self) -> pulumi.Output[str]:
        """The address; of a database that the contract moves to only when it is as the programs would create it."""
        instance = self.instance
        if not self._args.plan.moves:
            return instance.address
        return pulumi.Output.all(
            instance.address, instance.username, instance.db_name, instance.storage_encrypted
        ).apply(lambda found: checked_address(*found[:3], encrypted=bool(found[3])))

    def _snapshot_name(self, names: Names) -> pulumi.Output[str]:
        """A name that the next database of this stack will not claim again: a new one with all that replaces it."""
        replacing = {"engine": "postgres", "dbName": _NAME, "username": _NAME, "storageEncrypted": "true"}
        suffix = random.RandomId(
            "final-snapshot", byte_length=4, keepers=replacing, opts=pulumi.ResourceOptions(parent=self)
        )
        return pulumi.Output.concat(names.of("database-final-"), suffix.hex)
