"""What is wrong, with which setting, and the command that fixes it."""

import traceback

import pytest

from conducky.errors import UserError
from conducky.settings.schema import BootstrapSettings, PlatformSettings, Settings
from conducky.settings.services import ServicesSettings
from tests.conducky.settings.load_settings import load

ZONES = '\'["us-east-1a","us-east-1b"]\''
CASES: dict[str, tuple[type[Settings], dict[str, str], tuple[str, ...], str]] = {
    "misspelt": (
        ServicesSettings,
        {"fronendCount": "1"},
        ("`fronendCount`", "not a setting of services", "`frontendCount`"),
        "rm fronendCount",
    ),
    "in snake case": (
        ServicesSettings,
        {"frontend_count": "1"},
        ("`frontend_count`", "not a setting of services", "`frontendCount`"),
        "rm frontend_count",
    ),
    "unknown": (BootstrapSettings, {"zebra": "1"}, ("`zebra`", "not a setting of bootstrap"), "rm zebra"),
    "unknown namespace": (
        ServicesSettings,
        {"conducky-servces:capacity": "spot"},
        ("`conducky-servces:capacity`", "no program", "`conducky-services:`"),
        "rm conducky-servces:capacity",
    ),
    "no number": (
        PlatformSettings,
        {"databaseStorageGib": "plenty"},
        ("`databaseStorageGib` is `plenty`", "a whole number"),
        "set databaseStorageGib 20",
    ),
    "a fraction": (
        PlatformSettings,
        {"databaseStorageGib": "20.5"},
        ("`databaseStorageGib` is `20.5`", "a whole number"),
        "set databaseStorageGib 20",
    ),
    "out of range": (
        PlatformSettings,
        {"databaseBackupDays": "36"},
        ("`databaseBackupDays` is `36`", "at most 35"),
        "set databaseBackupDays 1",
    ),
    "neither true nor false": (
        PlatformSettings,
        {"deletionProtection": "maybe"},
        ("`deletionProtection` is `maybe`", "`true` or `false`"),
        "set deletionProtection false",
    ),
    "none of the choices": (
        PlatformSettings,
        {"loadBalancers": "two"},
        ("`loadBalancers` is `two`", "`shared` or `dedicated`"),
        "set loadBalancers shared",
    ),
    "none of the numbers": (
        ServicesSettings,
        {"backendCpu": "300"},
        ("`backendCpu` is `300`", "256, 512, 1024, 2048 or 4096"),
        "set backendCpu 256",
    ),
    "no such combination": (
        ServicesSettings,
        {"backendMemory": "4096"},
        ("`backendMemory` is 4096 MiB", "`backendCpu` 256", "512, 1024, … 2048"),
        "set backendMemory 512",
    ),
    "no list": (
        PlatformSettings,
        {"availabilityZones": "us-east-1a"},
        ("`availabilityZones` is `us-east-1a`", '`["us-east-1a","us-east-1b"]`'),
        f"set availabilityZones {ZONES}",
    ),
    "a list too short": (
        PlatformSettings,
        {"availabilityZones": '["us-east-1a"]'},
        ("`availabilityZones` is `['us-east-1a']`", "2 entries"),
        f"set availabilityZones {ZONES}",
    ),
    "the same zone twice": (
        PlatformSettings,
        {"availabilityZones": '["us-east-1a","us-east-1a"]'},
        ('`availabilityZones` is `["us-east-1a","us-east-1a"]`', "two different zones"),
        f"set availabilityZones {ZONES}",
    ),
    "too deep to parse": (
        PlatformSettings,
        {"availabilityZones": "[" * 100_000},
        (f"`availabilityZones` is `{'[' * 60}…`", '`["us-east-1a","us-east-1b"]`'),
        f"set availabilityZones {ZONES}",
    ),
    "no account": (
        PlatformSettings,
        {"accountId": "1234"},
        ("`accountId` is `1234`", "`123456789012`"),
        "set accountId 123456789012",
    ),
    "digits of another script": (
        PlatformSettings,
        {"accountId": "١٢٣٤٥٦٧٨٩٠١٢"},
        ("`accountId` is `١٢٣٤٥٦٧٨٩٠١٢`", "`123456789012`"),
        "set accountId 123456789012",
    ),
    "unicode": (PlatformSettings, {"projectName": "größe"}, ("`projectName` is `größe`",), "set projectName conducky"),
    "empty": (PlatformSettings, {"projectName": ""}, ("`projectName` is ``",), "set projectName conducky"),
    "two lines": (
        PlatformSettings,
        {"projectName": "two\nlines"},
        (r"`projectName` is `two\nlines`",),
        "set projectName conducky",
    ),
    "very long": (
        PlatformSettings,
        {"projectName": "A" * 70},
        (f"`projectName` is `{'A' * 60}…`",),
        "set projectName conducky",
    ),
    "no owner": (
        BootstrapSettings,
        {"githubRepository": "conducky"},
        ("`githubRepository` is `conducky`", "`acme/conducky`"),
        "set githubRepository acme/conducky",
    ),
    "an address": (
        BootstrapSettings,
        {"githubRepository": "https://github.com/acme/conducky"},
        ("`githubRepository` is `https://github.com/acme/conducky`", "`acme/conducky`"),
        "set githubRepository acme/conducky",
    ),
    "every repository of an owner": (
        BootstrapSettings,
        {"githubRepository": "acme/*"},
        ("`githubRepository` is `acme/*`", "`acme/conducky`"),
        "set githubRepository acme/conducky",
    ),
    "as git clones it": (
        BootstrapSettings,
        {"githubRepository": "acme/conducky.git"},
        ("`githubRepository` is `acme/conducky.git`", "without `.git`"),
        "set githubRepository acme/conducky",
    ),
    **{
        f"{settings.layer} writes to {address}": (
            settings,
            {key: address},
            (f"`{key}` is `{address}`", f"`{example}`"),
            f"set {key} {example}",
        )
        for settings, key, example in (
            (BootstrapSettings, "budgetEmail", "costs@example.com"),
            (ServicesSettings, "alarmEmail", "alarms@example.com"),
        )
        for address in ("ops", "ops@example", "a@example.com,b@example.com", "Ops <ops@example.com>", "ops@-a.com")
    },
    "every branch of a kind": (
        BootstrapSettings,
        {"githubRepository": "acme/conducky", "githubBranch": "release/*"},
        ("`githubBranch` is `release/*`", "`main`"),
        "set githubBranch main",
    ),
    "one id": (
        BootstrapSettings,
        {"githubRepository": "acme/conducky", "githubIds": "1234567"},
        ("`githubIds` is `1234567`", "`1234567/7654321`"),
        "set githubIds 1234567/7654321",
    ),
    "previews of nothing": (
        BootstrapSettings,
        {"githubPreviews": "true"},
        ("`githubPreviews`", "no effect without `githubRepository`"),
        "set githubRepository acme/conducky",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_setting_is_named_with_the_command_that_fixes_it(case: str) -> None:
    settings_type, config, nouns, words = CASES[case]
    with pytest.raises(UserError) as caught:
        load(settings_type, config)
    missing = [noun for noun in nouns if noun not in caught.value.problem]
    assert missing == [], caught.value.problem
    assert caught.value.fix == f"run `pulumi -C {settings_type.layer} config {words} --stack dev`"


def test_a_region_in_the_settings_is_to_be_removed() -> None:
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {"aws:region": "eu-west-1"})
    assert "`aws:region`" in caught.value.problem
    assert "AWS_REGION" in caught.value.problem
    assert "`pulumi -C services config rm aws:region --stack dev`" in caught.value.fix
    assert "`export AWS_REGION=…`" in caught.value.fix


def test_a_secret_in_plain_text_needs_a_new_value() -> None:
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {"jwtSecret": "hunter2" * 6})
    assert "`jwtSecret`" in caught.value.problem
    assert "plain text" in caught.value.problem
    assert "hunter2" not in str(caught.value)
    assert "`pulumi -C services config set --secret jwtSecret --stack dev`" in caught.value.fix
    assert "a new value" in caught.value.fix


def test_further_mistakes_are_counted() -> None:
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {"frontendCount": "-1", "backendCount": "99", "capacity": "none"})
    assert "`capacity` is `none`" in caught.value.problem
    assert caught.value.problem.endswith("(2 more after that)")
    assert "config set capacity spot" in caught.value.fix


def test_two_mistakes_in_one_setting_count_once() -> None:
    with pytest.raises(UserError) as caught:
        load(PlatformSettings, {"availabilityZones": "[1, 2]"})
    assert "more after that" not in str(caught.value)


def test_a_short_secret_is_not_quoted() -> None:
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {"jwtSecret": "hunter2"}, secret=["jwtSecret"])
    assert "hunter2" not in str(caught.value)
    assert "`jwtSecret` must be at least 32 characters long" in caught.value.problem
    assert caught.value.fix == "run `pulumi -C services config set --secret jwtSecret --stack dev`"


@pytest.mark.parametrize("key", ["corsOrigin", "frontendCount", "capacity", "logRetentionDays", "projectName"])
def test_whatever_is_encrypted_is_not_quoted(key: str) -> None:
    """Somebody who encrypts a setting has a reason."""
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {key: "Hunter2"}, secret=[key])
    assert "Hunter2" not in str(caught.value)
    assert caught.value.fix == f"run `pulumi -C services config set --secret {key} --stack dev`"


@pytest.mark.parametrize("key", ["a key", "it's", 'say "so"', "a;b", "$HOME"])
def test_a_key_is_quoted_for_the_shell_in_the_command(key: str) -> None:
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {key: "1"})
    command = caught.value.fix.rpartition("config rm ")[2].removesuffix(" --stack dev`")
    assert command != key, f"{command} must be quoted"


def test_no_value_hides_in_the_chain_of_causes() -> None:
    """Pydantic's own error, which quotes the value, must not be printed along with the message."""
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {"jwtSecret": "hunter2"}, secret=["jwtSecret"])
    assert "hunter2" not in "".join(traceback.format_exception_only(caught.value))
    assert caught.value.__suppress_context__
