"""Whether RDS takes another size for a database's disk: refused before anything is changed."""

from conducky.errors import UserError
from conducky.settings.errors import config_command
from conducky.settings.schema import PlatformSettings
from conducky.settings.values import next_disk


def require_disk(before: int, settings: PlatformSettings) -> None:
    """Check the size that is set against the one that the database in use has (GiB; 0 where nothing is known of it).

    RDS rounds a smaller step than a tenth up: the next `up` would ask for the size that is set, which is smaller then.
    One that grew by itself is left as it is.

    Raises:
        UserError: the disk would shrink, or grow by less.
    """
    wanted, most = settings.database_storage_gib, settings.database_max_storage_gib or 0
    least = next_disk(before)
    if wanted < before and most <= wanted:
        raise _refused(
            f"`databaseStorageGib` is {wanted}, but the database's disk has {before} GiB: none shrinks", before
        )
    if before < wanted < least:
        raise _refused(
            f"`databaseStorageGib` is {wanted}, but the database's disk has {before} GiB, and RDS enlarges one by a "
            "tenth or more",
            least,
        )


def _refused(problem: str, size: int) -> UserError:
    return UserError(problem, f"run {config_command('platform', f'set databaseStorageGib {size}')}")
