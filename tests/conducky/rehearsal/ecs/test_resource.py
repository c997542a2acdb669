import json

from conducky.rehearsal.account import Account
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
