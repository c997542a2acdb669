import threading

from conducky.rehearsal.account import Machine
from conducky.rehearsal.handlers import behaviours
from conducky.rehearsal.orphans import UnderWay, remove_orphans
from tests.conducky.rehearsal.client import Client

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
IMAGE = "docker-build:index:Image"


def test_it_is_waited_until_nothing_is_under_way() -> None:
    under_way, ended = UnderWay(), threading.Event()
    waiter = threading.Thread(target=lambda: (under_way.wait_none(), ended.set()))
    with under_way.one():
        with under_way.one():
            waiter.start()
        assert not ended.wait(0.05)
    assert ended.wait(5)
    waiter.join()


def test_what_no_state_names_is_removed(client: Client, machine: Machine) -> None:
    known = client.create(LOG_GROUP, "known", {"name": "known"})
    client.create(LOG_GROUP, "orphan", {"name": "orphan"})
    machine.remember(IMAGE, "sha256:1", {"ref": "pushed"})

    remove_orphans(machine, behaviours(machine, client.services), {(LOG_GROUP, known.id)})

    assert [group["name"] for group in machine.of(LOG_GROUP)] == ["known"]
    assert machine.of(IMAGE), "an image stays in its registry"


def test_a_protected_orphan_is_removed_as_well(client: Client, machine: Machine) -> None:
    """Nobody has anything in it yet."""
    token = "aws:lb/loadBalancer:LoadBalancer"
    machine.remember(token, "arn", {"arn": "arn", "name": "alb", "enableDeletionProtection": True})

    remove_orphans(machine, behaviours(machine, client.services), set())

    assert machine.of(token) == []
