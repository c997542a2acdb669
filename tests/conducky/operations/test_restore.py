"""`conducky database restore` and `forget` on AWS: what is refused before anything changes, and the order of steps."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conducky.operations import words
from conducky.operations.database import backups as backups_module
from tests.conducky.operations.conftest import STARTED, Ran, Run, database
from tests.fakes.aws_api import ACCOUNT, AwsApi
from tests.fakes.pulumi import FakePulumi, resource

INSTANCE = "conducky-dev-database1a2b3c4"
HOST = f"{INSTANCE}.abc.us-east-1.rds.amazonaws.com"
BACKUP = "conducky-dev-database-before"
URL = "postgresql://conducky:fakePasswordOfTheDatabaseForTests@{}:5432/conducky?sslmode=verify-full"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/conducky-dev-destroy/ada"


def snapshot(name: str = BACKUP, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "DBSnapshotIdentifier": name,
        "DBInstanceIdentifier": INSTANCE,
        "SnapshotCreateTime": STARTED,
        "SnapshotType": "manual",
        "Status": "available",
        "AllocatedStorage": 20,
        "Encrypted": True,
        **more,
    }


def tagged(identifier: str = INSTANCE, address: str = HOST, **tags: str) -> dict[str, Any]:
    """A database with these tags."""
    return database(
        DBInstanceIdentifier=identifier,
        Endpoint={"Address": address, "Port": 5432},
        TagList=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def named_url(api: AwsApi, host: str = HOST) -> None:
    name = "/conducky/dev/backend/DATABASE_URL"
    api.answer("ssm.GetParameter", {"Parameter": {"Name": name, "Value": URL.format(host)}})


@pytest.fixture(autouse=True)
def stack(api: AwsApi, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database with a backup, automatic ones of a day, and a deployment that succeeds."""
    monkeypatch.setattr(backups_module, "PERIOD_SECONDS", 0.0)
    monkeypatch.setattr(words, "now", lambda: STARTED + timedelta(hours=2))
    api.answer("rds.DescribeDBInstances", {"DBInstances": [tagged()]})
    api.answer("rds.DescribeDBSnapshots", {"DBSnapshots": [snapshot()]})
    window = {"EarliestTime": STARTED - timedelta(days=1), "LatestTime": STARTED}
    api.answer(
        "rds.DescribeDBInstanceAutomatedBackups",
        {"DBInstanceAutomatedBackups": [{"DBInstanceIdentifier": INSTANCE, "RestoreWindow": window}]},
    )
    named_url(api)
    for layer in ("platform", "services"):
        for verb in ("config", "set", "rm", "up"):
            pulumi.answer(layer, verb)
    monkeypatch.setattr("conducky.verification.verify.verify", lambda *_words: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]


def steps(pulumi: FakePulumi) -> list[str]:
    """What Pulumi was asked to change, without its options."""
    found = [" ".join(each.split(" --stack")[0].split()[1:]) for each in pulumi.changes]
    return [each for each in found if " preview" not in each]


def refused(pulumi: FakePulumi, ran: Ran) -> str:
    assert (ran.code, steps(pulumi)) == (1, []), "nothing is changed"
    assert ran.err.splitlines()[-1].startswith("✗ ")
    assert "Traceback" not in ran.err
    assert "fakePassword" not in ran.err + ran.out
    return ran.err


def test_it_is_created_the_backend_moves_and_the_earlier_one_leaves(pulumi: FakePulumi, run: Run) -> None:
    ran = run("database", "restore", BACKUP, "--yes")
    assert ran.code == 0, ran.err
    assert steps(pulumi) == [
        f"platform config set databaseRestoreFrom {BACKUP}",
        "platform up",
        "services up",
        "platform up",
    ]
    assert "commit that file" in ran.err
    assert "conducky database forget --stack dev" in ran.err


def test_the_name_that_a_person_gave_the_backup_is_enough(pulumi: FakePulumi, run: Run) -> None:
    assert run("database", "restore", "before", "--yes").code == 0
    assert steps(pulumi)[0] == f"platform config set databaseRestoreFrom {BACKUP}"


@pytest.mark.parametrize(
    ("text", "time"), [("3h", "2026-11-26T08:30:00Z"), ("2026-11-26T09:00", "2026-11-26T09:00:00Z")]
)
def test_a_time_is_written_as_the_programs_read_it(pulumi: FakePulumi, run: Run, text: str, time: str) -> None:
    assert run("database", "restore", text, "--yes").code == 0
    assert steps(pulumi)[0] == f"platform config set databaseRestoreFrom {time}"


@pytest.mark.parametrize("layer", ["platform", "services"])
def test_a_deployment_that_fails_ends_it_and_says_that_nothing_is_lost(
    pulumi: FakePulumi, run: Run, layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conducky.verification.verify.explain", lambda *_words: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    pulumi.answer(layer, "up", err="error: no capacity\n", code=255)
    ran = run("database", "restore", BACKUP, "--yes")
    assert ran.code == 255
    assert "nothing is lost" in ran.err
    assert steps(pulumi)[-1] == f"{layer} up"


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (snapshot(DBInstanceIdentifier="conducky-prod-database-1"), "there is no backup"),
        (snapshot("conducky-prod-database-b"), "there is no backup"),
        (snapshot(Status="creating"), "is creating: run this again"),
        (snapshot(Encrypted=False), "is not encrypted"),
    ],
)
def test_a_backup_that_cannot_be_it(
    api: AwsApi, pulumi: FakePulumi, run: Run, found: dict[str, Any], says: str
) -> None:
    api.answer("rds.DescribeDBSnapshots", {"DBSnapshots": [found]})
    assert says in refused(pulumi, run("database", "restore", found["DBSnapshotIdentifier"], "--yes"))


@pytest.mark.parametrize(
    ("name", "fix"), [("befor", "use `before`, or see"), (f"{BACKUP}s", f"use `{BACKUP}`"), ("yesterday", "see `")]
)
def test_a_name_that_no_backup_has(pulumi: FakePulumi, run: Run, name: str, fix: str) -> None:
    error = refused(pulumi, run("database", "restore", name, "--yes"))
    assert f"there is no backup `{name}` of this stack in us-east-1 of account {ACCOUNT}: {fix}" in error


@pytest.mark.parametrize("text", ["3d", "10m", "2026-11-24T10:00"])
def test_a_time_outside_of_the_backups_shows_what_is_inside(pulumi: FakePulumi, run: Run, text: str) -> None:
    error = refused(pulumi, run("database", "restore", text, "--yes"))
    assert "2026-11-25T09:30:00Z to 2026-11-26T09:30:00Z" in error


@pytest.mark.parametrize(("text", "says"), [("2026-31-12", "is not a time"), ("2030-01-01", "is in the future")])
def test_a_time_that_is_none(pulumi: FakePulumi, run: Run, text: str, says: str) -> None:
    assert says in refused(pulumi, run("database", "restore", text, "--yes"))


@pytest.mark.parametrize("answer", [{"DBInstanceAutomatedBackups": []}, None])
def test_without_automatic_backups_there_is_no_time(
    api: AwsApi, pulumi: FakePulumi, run: Run, answer: dict[str, Any] | None
) -> None:
    if answer is None:
        api.refuse("rds.DescribeDBInstanceAutomatedBackups", "DBInstanceAutomatedBackupNotFound")
    else:
        api.answer("rds.DescribeDBInstanceAutomatedBackups", answer)
    assert "databaseBackupDays" in refused(pulumi, run("database", "restore", "1h", "--yes"))


def test_restored_from_the_same_already(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    api.answer("rds.DescribeDBInstances", {"DBInstances": [tagged(RestoredFrom=BACKUP)]})
    error = refused(pulumi, run("database", "restore", BACKUP, "--yes"))
    assert f"was restored from {BACKUP} already" in error
    assert "make deploy STACK=dev" in error


def test_interrupted_before_the_backend_moved_it_goes_on(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    api.answer("rds.DescribeDBInstances", {"DBInstances": [tagged(RestoredFrom=BACKUP)]})
    named_url(api, "another.rds")
    assert run("database", "restore", BACKUP, "--yes").code == 0
    assert len(steps(pulumi)) == 4


@pytest.mark.parametrize("words", [("restore", "3h"), ("rotate-password",), ("forget",)])
def test_without_a_terminal_it_takes_the_consent_as_an_option(
    api: AwsApi, pulumi: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    forgettable(api, pulumi)
    monkeypatch.setattr("conducky.operations.database.rotation.Rotation._state", lambda _rotation: (False, False))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr("conducky.operations.database.rotation.require_plugin", lambda: None)
    assert "`--yes`" in refused(pulumi, run("database", *words))
    assert api.made("rds.DeleteDBInstance") == []


OLD = "conducky-dev-database-0"


def forgettable(api: AwsApi, pulumi: FakePulumi, *, protected: bool = False, caller: str = ROLE) -> None:
    """A database that was replaced and has left the state; it is gone once it was deleted."""
    old = {**tagged(OLD, "old.rds", ReplacedBy="database-2"), "DeletionProtection": protected}
    other = tagged("conducky-devil-database-0", "devil.rds", ReplacedBy="database-2")
    found = [tagged(RestoredFrom=BACKUP), other, old]

    def databases(_request: dict[str, Any]) -> dict[str, Any]:
        return {"DBInstances": found[: 2 if api.made("rds.DeleteDBInstance") else 3]}

    api.answer("rds.DescribeDBInstances", databases)
    for call in ("DeleteDBInstance", "ModifyDBInstance"):
        api.answer(f"rds.{call}", {"DBInstance": {}})
    api.answer("sts.GetCallerIdentity", {"Account": ACCOUNT, "Arn": caller, "UserId": "AROAFAKE"})
    state = resource("aws:rds/instance:Instance", INSTANCE, outputs={"identifier": INSTANCE})
    pulumi.deployed("platform", state)


def test_forget_deletes_what_was_replaced_and_waits(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    forgettable(api, pulumi)
    ran = run("database", "forget", "--yes")
    assert ran.code == 0, ran.err
    assert api.made("rds.DeleteDBInstance") == [{"DBInstanceIdentifier": OLD, "SkipFinalSnapshot": True}]
    assert api.made("rds.ModifyDBInstance") == []
    assert api.made("sts.AssumeRole") == []


def test_forget_of_a_protected_stack_lifts_the_protection_and_keeps_the_last_state(
    api: AwsApi, pulumi: FakePulumi, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from conducky.settings.schema import PlatformSettings  # noqa: PLC0415

    forgettable(api, pulumi, protected=True)
    settings = PlatformSettings(databaseFinalSnapshot=True)  # pyright: ignore[reportCallIssue]
    monkeypatch.setattr("conducky.operations.database.forget.settings_of", lambda *_words: settings)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert run("database", "forget", OLD, "--yes").code == 0
    (changed,), (deleted,) = api.made("rds.ModifyDBInstance"), api.made("rds.DeleteDBInstance")
    assert changed["DeletionProtection"] is False
    assert deleted == {"DBInstanceIdentifier": OLD, "FinalDBSnapshotIdentifier": f"{OLD}-final"}


def test_an_admin_assumes_the_role_that_deletes(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    forgettable(api, pulumi, caller=f"arn:aws:iam::{ACCOUNT}:user/ada")
    expires = datetime(2026, 11, 26, 12, tzinfo=UTC)
    given = {"AccessKeyId": "ASIAFAKEFAKEFAKEFAKE", "SecretAccessKey": "fake", "SessionToken": "fake"}
    api.answer("sts.AssumeRole", {"Credentials": {**given, "Expiration": expires}})
    assert run("database", "forget", "--yes").code == 0
    assert api.made("sts.AssumeRole")[0]["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/conducky-dev-destroy"


def test_who_may_not_assume_it_hears_that_an_admin_may(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    forgettable(api, pulumi, caller=f"arn:aws:iam::{ACCOUNT}:user/ada")
    error = refused(pulumi, run("database", "forget", "--yes"))
    assert "conducky-dev-destroy" in error
    assert "admin" in error


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("in the state", "no database that a restored one has replaced"),
        ("in use", "no database that a restored one has replaced"),
        ("another name", f"none of the replaced databases: run `conducky database forget NAME --stack dev` with {OLD}"),
    ],
)
def test_nothing_else_can_be_forgotten(api: AwsApi, pulumi: FakePulumi, run: Run, change: str, says: str) -> None:
    forgettable(api, pulumi)
    if change == "in the state":
        pulumi.deployed("platform", resource("aws:rds/instance:Instance", OLD, outputs={"identifier": OLD}))
    elif change == "in use":
        named_url(api, "old.rds")
    name = (INSTANCE,) if change == "another name" else ()
    assert says in refused(pulumi, run("database", "forget", *name, "--yes"))
    assert api.made("rds.DeleteDBInstance") == []


def test_without_platforms_state_nothing_is_forgotten(api: AwsApi, pulumi: FakePulumi, run: Run) -> None:
    forgettable(api, pulumi)
    pulumi.no_stack("platform")
    assert "does not exist" in refused(pulumi, run("database", "forget", "--yes"))
    assert api.made("rds.DeleteDBInstance") == []


def test_the_backups_of_a_replaced_database_are_listed_and_the_new_one_is_backed_up(api: AwsApi, run: Run) -> None:
    newer = tagged("conducky-dev-database-2-1a", "new.rds", RestoredFrom=BACKUP)
    old = {**tagged(ReplacedBy="database-2"), "InstanceCreateTime": STARTED + timedelta(days=1)}
    api.answer("rds.DescribeDBInstances", {"DBInstances": [newer, old]})
    api.answer("rds.CreateDBSnapshot", {"DBSnapshot": snapshot("conducky-dev-database-x")})
    assert [each["name"] for each in json.loads(run("database", "backups", "--json").out)] == [BACKUP]
    run("database", "backup", "x")
    assert api.made("rds.CreateDBSnapshot")[0]["DBInstanceIdentifier"] == "conducky-dev-database-2-1a"
