"""The database: private, encrypted, TLS only, cheap by default, hard to lose in production."""

import re
from collections.abc import Callable

import pytest

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.catalog.types import CATALOG
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Place

INSTANCE = "aws:rds/instance:Instance"
PASSWORD = "random:index/randomPassword:RandomPassword"
SNAPSHOT_SUFFIX = "random:index/randomId:RandomId"


@pytest.fixture(scope="module")
def instance(platform: Evaluation) -> Properties:
    return platform.one(INSTANCE).inputs


@pytest.fixture(scope="module")
def production(evaluated: Callable[[str, str], Evaluation]) -> Evaluation:
    return evaluated("platform", "prod")


def test_it_is_postgres_15_whose_minor_version_aws_chooses(instance: Properties) -> None:
    assert (instance["engine"], instance["engineVersion"]) == ("postgres", "15")
    assert instance["autoMinorVersionUpgrade"] is True


def test_it_is_private(platform: Evaluation, instance: Properties) -> None:
    assert instance["publiclyAccessible"] is False
    database_group = platform.one("aws:ec2/securityGroup:SecurityGroup", "conducky-dev-database")
    assert instance["vpcSecurityGroupIds"] == [database_group.outputs["arn"].rpartition("/")[2]]


def test_it_is_encrypted_on_gp3(instance: Properties) -> None:
    assert instance["storageEncrypted"] is True
    assert instance["storageType"] == "gp3"


def test_it_takes_tls_connections_only(platform: Evaluation, instance: Properties) -> None:
    group = platform.one("aws:rds/parameterGroup:ParameterGroup")
    assert group.inputs["family"] == "postgres15"
    assert group.inputs["parameters"] == [
        # `immediate`, the provider's default, is what AWS never records for it: each `up` would change it again.
        {"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}
    ]
    assert instance["parameterGroupName"] == group.outputs["name"], "the instance must use the group that forces TLS"
    assert instance["caCertIdentifier"] == "rds-ca-rsa2048-g1", "the backend's image trusts this authority"


def test_extended_support_never_bills(instance: Properties) -> None:
    assert instance["engineLifecycleSupport"] == "open-source-rds-extended-support-disabled"


def test_it_may_be_in_every_default_subnet(platform: Evaluation, instance: Properties) -> None:
    subnets = platform.one("aws:rds/subnetGroup:SubnetGroup")
    assert subnets.inputs["subnetIds"] == sorted(lookups.subnets(Place("us-east-1", ACCOUNT_ID)).values())
    assert instance["dbSubnetGroupName"] == subnets.outputs["name"]


def test_other_zones_do_not_concern_it(platform: Evaluation) -> None:
    """RDS refuses to give up a subnet that the database is in."""
    moved = evaluate("platform", config={"availabilityZones": '["us-east-1b","us-east-1c"]'})
    assert moved.exports["subnet_ids"] != platform.exports["subnet_ids"]
    before, after = (made.one("aws:rds/subnetGroup:SubnetGroup").inputs for made in (platform, moved))
    assert before["subnetIds"] == after["subnetIds"]


def test_a_change_is_applied_at_once(instance: Properties) -> None:
    assert instance["applyImmediately"] is True


def test_development_is_the_cheapest_shape(instance: Properties) -> None:
    assert instance["instanceClass"] == "db.t4g.micro"
    assert instance["allocatedStorage"] == 20
    assert instance["multiAz"] is False
    assert instance["backupRetentionPeriod"] == 1, "accounts on AWS's free plan may keep one day at most"


def test_its_size_follows_the_settings() -> None:
    config = {
        "databaseInstanceClass": "db.t4g.small",
        "databaseStorageGib": "50",
        "databaseBackupDays": "14",
        "databaseMultiAz": "true",
    }
    instance = evaluate("platform", config=config).one(INSTANCE).inputs
    assert instance["instanceClass"] == "db.t4g.small"
    assert instance["allocatedStorage"] == 50
    assert instance["backupRetentionPeriod"] == 14
    assert instance["multiAz"] is True


@pytest.mark.parametrize(("gib", "performance"), [("399", (None, None)), ("400", (12000, 500))])
def test_a_disk_gets_the_performance_that_its_size_has(gib: str, performance: tuple[int | None, ...]) -> None:
    made = evaluate("platform", config={"databaseStorageGib": gib}).one(INSTANCE).inputs
    assert (made.get("iops"), made.get("storageThroughput")) == performance


def test_the_disk_grows_by_itself_where_that_is_set() -> None:
    made = evaluate("platform", config={"databaseMaxStorageGib": "100"}).one(INSTANCE).inputs
    assert (made["allocatedStorage"], made["maxAllocatedStorage"]) == (20, 100)


def test_a_disk_without_room_to_grow_is_refused(begun: list[str]) -> None:
    with pytest.raises(UserError, match="`databaseMaxStorageGib` is 40, but with `databaseStorageGib` 40") as caught:
        evaluate("platform", config={"databaseStorageGib": "40", "databaseMaxStorageGib": "40"})
    assert "set databaseMaxStorageGib 44 --stack dev" in caught.value.fix
    assert begun == []


def test_development_goes_without_a_trace(platform: Evaluation, instance: Properties) -> None:
    assert instance["skipFinalSnapshot"] is True
    assert instance["deleteAutomatedBackups"] is True
    assert "finalSnapshotIdentifier" not in instance
    assert platform.of(SNAPSHOT_SUFFIX) == []
    assert instance["deletionProtection"] is False
    assert not platform.one(INSTANCE).protect


def test_production_keeps_backups_and_a_last_snapshot(production: Evaluation) -> None:
    instance = production.one(INSTANCE).inputs
    assert instance["backupRetentionPeriod"] == 7
    assert instance["skipFinalSnapshot"] is False
    assert instance["deleteAutomatedBackups"] is False
    name = instance["finalSnapshotIdentifier"]
    assert re.fullmatch(r"conducky-prod-database-final-[0-9a-f]{8}", name), (
        f"the snapshot's name {name} must be of this stack and of this database alone"
    )
    assert instance["copyTagsToSnapshot"] is True


def test_what_replaces_the_database_gives_its_snapshot_a_new_name(production: Evaluation) -> None:
    """Or the second replacement would claim the name of the first one's snapshot, and fail."""
    instance, suffix = production.one(INSTANCE).inputs, production.one(SNAPSHOT_SUFFIX).inputs
    replacing = {name: instance[name] for name in CATALOG[INSTANCE].replaces if name in instance}
    assert suffix["keepers"] == {name: str(value).lower() for name, value in replacing.items()}


def test_deletion_protection_holds_in_aws_and_in_pulumi(production: Evaluation) -> None:
    assert production.one(INSTANCE).inputs["deletionProtection"] is True
    assert production.one(INSTANCE).protect


def test_the_password_is_generated_and_fits_rds_and_a_url(platform: Evaluation, instance: Properties) -> None:
    asked = platform.one(PASSWORD)
    assert asked.inputs["length"] == 32
    assert asked.inputs["special"] is False, "RDS refuses some of them, and a URL would want them escaped"
    assert instance["password"] == asked.outputs["result"]
    assert re.fullmatch(r"[A-Za-z0-9]{32}", instance["password"])


def test_the_password_is_secret_in_the_state(platform: Evaluation) -> None:
    assert "password" in platform.one(INSTANCE).secret_inputs


def test_the_connection_string_is_an_encrypted_parameter(platform: Evaluation) -> None:
    parameter = platform.one("aws:ssm/parameter:Parameter")
    assert parameter.inputs["type"] == "SecureString"
    assert parameter.inputs["name"] == "/conducky/dev/backend/DATABASE_URL"
    assert "value" in parameter.secret_inputs


def test_the_connection_string_names_this_database_and_verifies_it(platform: Evaluation) -> None:
    password = platform.one(PASSWORD).outputs["result"]
    address = platform.one(INSTANCE).outputs["address"]
    assert platform.one("aws:ssm/parameter:Parameter").inputs["value"] == (
        f"postgresql://conducky:{password}@{address}:5432/conducky?sslmode=verify-full"
    )


def test_neither_address_nor_password_is_exported(platform: Evaluation) -> None:
    password = platform.one(PASSWORD).outputs["result"]
    address = platform.one(INSTANCE).outputs["address"]
    telling = [name for name, value in platform.exports.items() if password in str(value) or address in str(value)]
    assert telling == [], f"the connection string belongs into its parameter only, and {telling} tell of it"


def test_an_earlier_release_finds_its_parameter_until_services_have_moved(platform: Evaluation) -> None:
    """Its tasks read the old name whenever one starts; what is proven live reads the new one."""
    token = "aws:ssm/parameter:Parameter"
    former = {(token, "DATABASE_URL"): {"name": "/conducky/dev/DATABASE_URL"}}

    def names(services: Properties | None) -> list[str]:
        upstream = {} if services is None else {"services": services}
        made = evaluate("platform", deployed=former, upstream=upstream)
        assert made.exports["database_url_parameter_arn"] == platform.exports["database_url_parameter_arn"]
        return sorted(parameter.inputs["name"] for parameter in made.of(token))

    new, old = "/conducky/dev/backend/DATABASE_URL", "/conducky/dev/DATABASE_URL"
    assert names({"name_prefix": "conducky-dev-"}) == [old, new], "released before the move"
    moved = {"name_prefix": "conducky-dev-", "database_url_parameter_arn": f"arn:aws:ssm:::parameter{new}"}
    assert names(moved) == [new]
    assert names(None) == [new], "services were never deployed"
    assert [p.inputs["name"] for p in platform.of(token)] == [new], "a new installation never has the old one"
