"""Which database is used, which is kept beside it and what is restored, from the state before an `up`."""

from dataclasses import dataclass
from typing import Any

import pytest
from database import checked_address
from restores import plan

from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.evaluation.monitor import Resource
from conducky.naming import Names

INSTANCE = "aws:rds/instance:Instance"
PARAMETER = "aws:ssm/parameter:Parameter"
BACKUP, OTHER, TIME = "conducky-dev-database-before", "rds:conducky-dev-database-1a-2026", "2026-11-25T06:00:00Z"
NAMES = Names("conducky", "dev")


@dataclass
class State:
    """The databases of a stack by number, with their tags; the connection string names the one of `used`."""

    databases: dict[int, dict[str, str]]
    used: int = 1

    def up(self, **config: str) -> Evaluation:
        deployed: dict[tuple[str, str], Properties] = {
            (INSTANCE, name(number)): {"identifier": f"id-{number}", "address": f"{number}.rds", "tags": tags}
            for number, tags in self.databases.items()
        }
        url = f"postgresql://conducky:fake-password@{self.used}.rds:5432/conducky?sslmode=verify-full"
        deployed[PARAMETER, "backend-DATABASE_URL"] = {"value": url}
        return evaluate("platform", config=config, deployed=deployed)


def name(number: int) -> str:
    return "conducky-dev-database" if number == 1 else f"conducky-dev-database-{number}"


def registered(made: Evaluation) -> dict[str, Resource]:
    return {each.name: each for each in made.of(INSTANCE)}


def marks(resource: Resource) -> dict[str, str]:
    return {key: value for key, value in resource.inputs["tags"].items() if key in ("RestoredFrom", "ReplacedBy")}


def contract(made: Evaluation) -> str:
    """The database that the connection string names."""
    host = str(made.one(PARAMETER).inputs["value"]).split("@")[1].split(":")[0]
    return next(each.name for each in made.of(INSTANCE) if each.outputs["address"] == host)


def test_without_the_setting_the_database_is_the_first_and_carries_no_mark() -> None:
    for made in (evaluate("platform"), State({1: {}}).up()):
        (only,) = made.of(INSTANCE)
        assert (only.name, marks(only), only.protect) == (name(1), {}, False)
        assert "snapshotIdentifier" not in only.inputs


@pytest.mark.parametrize("backup", [BACKUP, OTHER])
def test_a_backup_becomes_a_new_database_beside_the_present_one_and_the_contract_moves(backup: str) -> None:
    made = State({1: {}}).up(databaseRestoreFrom=backup)
    found = registered(made)
    assert {each: marks(resource) for each, resource in found.items()} == {
        name(1): {"ReplacedBy": "database-2"},
        name(2): {"RestoredFrom": backup},
    }
    assert found[name(2)].inputs["snapshotIdentifier"] == backup
    assert contract(made) == name(2)
    assert found[name(2)].inputs["password"] == found[name(1)].inputs["password"]
    assert found[name(2)].inputs["vpcSecurityGroupIds"] == found[name(1)].inputs["vpcSecurityGroupIds"]
    assert found[name(2)].inputs["publiclyAccessible"] is False


@pytest.mark.parametrize("backup", [BACKUP, TIME])
def test_it_begins_with_the_disk_of_its_backup_and_gets_the_one_that_is_set_in_the_next_up(backup: str) -> None:
    """The disk may have grown by itself, and RDS restores none to a smaller one."""
    config = {"databaseRestoreFrom": backup, "databaseStorageGib": "400", "databaseMaxStorageGib": "1000"}
    first = registered(State({1: {}}).up(**config))
    assert not {"allocatedStorage", "iops", "storageThroughput"} & {*first[name(2)].inputs}
    assert first[name(1)].inputs["allocatedStorage"] == 400
    second = registered(State({1: {}, 2: {"RestoredFrom": backup}}, used=2).up(**config))[name(2)].inputs
    assert (second["allocatedStorage"], second["iops"]) == (400, 12000)


def test_a_time_is_restored_from_the_present_database() -> None:
    made = State({1: {}}).up(databaseRestoreFrom=TIME)
    inputs = registered(made)[name(2)].inputs
    assert inputs["restoreToPointInTime"] == {"restoreTime": TIME, "sourceDbInstanceIdentifier": "id-1"}
    assert "snapshotIdentifier" not in inputs


def test_in_the_next_up_the_earlier_database_leaves_and_then_nothing_changes() -> None:
    new = {"RestoredFrom": BACKUP}
    for state in (State({1: {"ReplacedBy": "database-2"}, 2: new}, used=2), State({2: new}, used=2)):
        made = state.up(databaseRestoreFrom=BACKUP)
        assert {each: marks(resource) for each, resource in registered(made).items()} == {name(2): new}
        assert contract(made) == name(2)


def test_after_a_failed_creation_it_is_tried_again_and_the_earlier_one_stays() -> None:
    state = State({1: {"ReplacedBy": "database-2"}})
    assert set(registered(state.up(databaseRestoreFrom=BACKUP))) == {name(1), name(2)}
    (only,) = state.up().of(INSTANCE)
    assert (only.name, marks(only)) == (name(1), {}), "given up, it is as it was before"


def test_interrupted_before_the_move_the_contract_moves_and_the_earlier_one_stays_for_that_up() -> None:
    made = State({1: {"ReplacedBy": "database-2"}, 2: {"RestoredFrom": BACKUP}}).up(databaseRestoreFrom=BACKUP)
    assert set(registered(made)) == {name(1), name(2)}
    assert contract(made) == name(2)


def test_given_up_before_the_move_the_new_one_is_kept_until_it_is_marked() -> None:
    made = State({1: {"ReplacedBy": "database-2"}, 2: {"RestoredFrom": BACKUP}}).up()
    assert contract(made) == name(1)
    assert marks(registered(made)[name(2)]) == {"RestoredFrom": BACKUP, "ReplacedBy": "database"}


def test_without_the_setting_a_restored_database_stays_the_one_in_use() -> None:
    made = State({2: {"RestoredFrom": BACKUP}}, used=2).up()
    assert {each: marks(resource) for each, resource in registered(made).items()} == {name(2): {"RestoredFrom": BACKUP}}


def test_a_second_restoration_counts_on() -> None:
    made = State({2: {"RestoredFrom": BACKUP}}, used=2).up(databaseRestoreFrom=OTHER)
    assert contract(made) == name(3)
    assert marks(registered(made)[name(2)]) == {"RestoredFrom": BACKUP, "ReplacedBy": "database-3"}


def test_a_protected_database_can_leave_the_state_and_the_new_one_is_protected() -> None:
    found = registered(State({1: {}}).up(databaseRestoreFrom=BACKUP, deletionProtection="true"))
    assert [found[name(number)].protect for number in (1, 2)] == [False, True]
    assert [found[name(number)].inputs["deletionProtection"] for number in (1, 2)] == [True, True], "AWS still refuses"


def test_a_stack_without_a_database_begins_with_a_backup() -> None:
    (only,) = evaluate("platform", config={"databaseRestoreFrom": BACKUP}).of(INSTANCE)
    assert (only.name, only.inputs["snapshotIdentifier"]) == (name(1), BACKUP)


@pytest.mark.parametrize("backup", ["conducky-prod-database-before", "rds:conducky-devil-database-1", "yesterday"])
def test_a_backup_of_another_stack_is_refused(backup: str) -> None:
    with pytest.raises(UserError, match="is not a backup of this stack") as caught:
        State({1: {}}).up(databaseRestoreFrom=backup)
    assert "conducky database backups --stack dev" in caught.value.fix


def test_a_new_stack_whose_earlier_one_went_back_to_a_time_begins_empty() -> None:
    """There are no backups to go back in; and every rehearsal begins like that."""
    (only,) = evaluate("platform", config={"databaseRestoreFrom": TIME}).of(INSTANCE)
    assert marks(only) == {"RestoredFrom": TIME}
    assert {"snapshotIdentifier", "restoreToPointInTime"} & {*only.inputs} == set()


def test_a_database_of_another_name_is_not_counted() -> None:
    reports: dict[str, dict[str, Any]] = {"conducky-dev-reports": {"identifier": "x", "address": "x"}}
    assert plan(NAMES, reports, "", None).used.number == 1


@pytest.mark.parametrize(("user", "says"), [("postgres", "belongs to `postgres`"), ("conducky", "is not encrypted")])
def test_the_contract_does_not_move_to_what_the_programs_would_not_have_created(user: str, says: str) -> None:
    assert checked_address("new", "conducky", "conducky", encrypted=True) == "new"
    with pytest.raises(UserError, match=says) as caught:
        checked_address("new", user, "conducky", encrypted=user != "conducky")
    assert "the backend keeps the earlier one" in caught.value.problem


def test_during_a_rotation_the_backend_signs_in_with_the_second_login_and_the_same_password() -> None:
    made = evaluate("platform", config={"databasePasswordRotation": "true"})
    password = made.one("random:index/randomPassword:RandomPassword").outputs["result"]
    assert str(made.one(PARAMETER).inputs["value"]).startswith(f"postgresql://conducky_rotation:{password}@")
    assert made.one(INSTANCE).inputs["username"] == "conducky"
