"""Platform is not removed while a database that was replaced keeps its network in use."""

from collections.abc import Generator
from typing import Any

import pytest
from rich.console import Console

from conducky.deployment import PulumiCli, Selection
from conducky.deployment.deploy import destroy
from conducky.errors import UserError
from tests.fakes.aws_api import AwsApi, aws_api
from tests.fakes.pulumi import FakePulumi, resource

OLD, NEW = "conducky-dev-database-1a", "conducky-dev-database-2-2b"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsApi]:
    with aws_api(monkeypatch) as made:
        yield made


def database(identifier: str, **tags: str) -> dict[str, Any]:
    outputs = {
        "identifier": identifier,
        "arn": f"arn:aws:rds:eu-west-1:123456789012:db:{identifier}",
        "tags": {"Project": "conducky", "Stack": "dev", **tags},
    }
    return resource("aws:rds/instance:Instance", identifier, outputs=outputs)


def remove(pulumi: FakePulumi) -> int:
    return destroy(PulumiCli(Selection.of("dev", "platform"), pulumi.root), "dev", Console(stderr=True))


def there(api: AwsApi, *identifiers: str) -> None:
    api.answer("rds.DescribeDBInstances", {"DBInstances": [{"DBInstanceIdentifier": each} for each in identifiers]})


def test_a_replaced_database_that_is_left_is_named_with_the_command(api: AwsApi, pulumi: FakePulumi) -> None:
    pulumi.deployed("platform", database(NEW, RestoredFrom="conducky-dev-database-b"))
    there(api, NEW, OLD, "conducky-prod-database-1")
    with pytest.raises(UserError, match=f"nothing was removed: {OLD}, which") as caught:
        remove(pulumi)
    assert caught.value.fix == "run `conducky database forget --stack dev` first"
    assert [each for each in pulumi.changes if " destroy " in each] == []


def test_one_that_is_still_in_the_state_has_to_leave_it_first(api: AwsApi, pulumi: FakePulumi) -> None:
    pulumi.deployed("platform", database(OLD, ReplacedBy="database-2"), database(NEW, RestoredFrom="x"))
    there(api, NEW, OLD)
    with pytest.raises(UserError) as caught:
        remove(pulumi)
    assert "make deploy STACK=dev LAYER=platform" in caught.value.fix
    assert "database forget" in caught.value.fix


def test_a_forgotten_one_is_no_reason(api: AwsApi, pulumi: FakePulumi) -> None:
    pulumi.deployed("platform", database(NEW, RestoredFrom="x"))
    there(api, NEW, "conducky-prod-database-1")
    assert remove(pulumi) == 0


def test_aws_is_not_asked_where_nothing_was_ever_restored(api: AwsApi, pulumi: FakePulumi) -> None:
    pulumi.deployed("platform", database(OLD))
    assert remove(pulumi) == 0
    assert api.calls == []
