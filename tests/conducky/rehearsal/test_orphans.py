import threading

from conducky.rehearsal.account import Account
from conducky.rehearsal.orphans import OperationCount, remove_orphans
from tests.conducky.rehearsal.client import Client

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
IMAGE = "docker-build:index:Image"


def test_it_waits_until_no_operation_is_in_progress() -> None:
    count, ended = OperationCount(), threading.Event()
    waiter = threading.Thread(target=lambda: (count.wait_none(), ended.set()))
    with count.one():
        with count.one():
            waiter.start()
        assert not ended.wait(0.05)
    assert ended.wait(5)
    waiter.join()


def test_what_no_state_names_is_removed(client: Client, account: Account) -> None:
    known = client.create(LOG_GROUP, "known", {"name": "known"})
    client.create(LOG_GROUP, "orphan", {"name": "orphan"})
    account.remember(IMAGE, "sha256:1", {"ref": "pushed"})

    remove_orphans(account, client.stand_ins.handlers(), {(LOG_GROUP, known.id)})

    assert [group["name"] for group in account.of(LOG_GROUP)] == ["known"]
    assert account.of(IMAGE), "an image stays in its registry"


def test_a_protected_orphan_is_removed_as_well(client: Client, account: Account) -> None:
    """It is still empty."""
    token = "aws:lb/loadBalancer:LoadBalancer"
    account.remember(token, "arn", {"arn": "arn", "name": "alb", "enableDeletionProtection": True})

    remove_orphans(account, client.stand_ins.handlers(), set())

    assert account.of(token) == []
