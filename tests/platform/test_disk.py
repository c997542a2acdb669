"""The size of the database's disk, which grows by a tenth or more and never shrinks."""

import pytest
from disk import require_disk

from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.evaluation.evaluate import evaluate
from conducky.settings import PlatformSettings


def settings(gib: int, most: int | None = None) -> PlatformSettings:
    return PlatformSettings(databaseStorageGib=gib, databaseMaxStorageGib=most)  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize(
    ("before", "gib", "most"),
    [(0, 20, None), (100, 100, None), (100, 110, None), (110, 121, None), (20, 400, None), (55, 20, 100)],
)
def test_what_rds_takes_is_taken(before: int, gib: int, most: int | None) -> None:
    """The last one grew by itself."""
    require_disk(before, settings(gib, most))


@pytest.mark.parametrize(
    ("before", "gib", "fits"),
    [(20, 21, 22), (100, 109, 110), (55, 20, 55)],
)
def test_what_rds_refuses_or_rounds_up_is_refused_with_the_next_size(before: int, gib: int, fits: int) -> None:
    with pytest.raises(
        UserError, match=f"`databaseStorageGib` is {gib}, but the database's disk has {before} GiB"
    ) as no:
        require_disk(before, settings(gib))
    assert f"set databaseStorageGib {fits} --stack" in no.value.fix


def test_it_is_refused_before_anything_is_created(begun: list[str]) -> None:
    database: Properties = {"identifier": "id-1", "address": "1.rds", "allocatedStorage": 20.0, "tags": {}}
    with pytest.raises(UserError, match="RDS enlarges one by a tenth or more"):
        evaluate(
            "platform",
            config={"databaseStorageGib": "21"},
            deployed={("aws:rds/instance:Instance", "conducky-dev-database"): database},
        )
    assert begun == []
