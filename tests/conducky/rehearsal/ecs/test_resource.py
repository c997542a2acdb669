import json

import pytest

from conducky.rehearsal.account import Account
from conducky.rehearsal.orphans import remove_orphans
from tests.conducky.rehearsal.client import Client, Resource
from tests.conducky.rehearsal.ecs.deployed_service import TASK_DEFINITION


def test_revisions_count_up_within_their_family_and_all_stay(client: Client, account: Account) -> None:
    def register(family: str) -> Resource:
        containers = json.dumps([{"name": "a"}])
        inputs = {"family": family, "cpu": "256", "memory": "512", "containerDefinitions": containers}
        return client.create(TASK_DEFINITION, family, inputs)

    made = [register(family) for family in ("backend", "backend", "frontend", "backend")]

    assert [resource["revision"] for resource in made] == [1, 2, 1, 3]
    assert [resource["arn"].rpartition("/")[2] for resource in made] == [
        "backend:1",
        "backend:2",
        "frontend:1",
        "backend:3",
    ]
    assert len(account.of(TASK_DEFINITION)) == 4


@pytest.mark.parametrize("stays", [True, False])
def test_a_deleted_revision_stays_where_its_definition_says_so(
    client: Client, account: Account, *, stays: bool
) -> None:
    """Tasks of it may have to start: the deployment that replaced it can fail."""
    containers = json.dumps([{"name": "a"}])
    inputs = {"family": "a", "cpu": "256", "memory": "512", "containerDefinitions": containers, "skipDestroy": stays}
    client.delete(client.create(TASK_DEFINITION, "a", inputs))

    assert len(account.of(TASK_DEFINITION)) == stays
    remove_orphans(account, client.stand_ins.handlers(), set())
    assert len(account.of(TASK_DEFINITION)) == stays
