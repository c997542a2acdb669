"""The sentences: what is wrong, with which setting, and the command that mends it."""

import traceback

import pytest

from conducky.errors import UserError
from conducky.settings.schema import BootstrapSettings, PlatformSettings, ServicesSettings, Settings
from tests.conducky.settings.load_settings import load

ZONES = '\'["us-east-1a","us-east-1b"]\''


@pytest.mark.parametrize(
    ("settings_type", "config", "sentence"),
    [
        pytest.param(
            ServicesSettings,
            {"fronendCount": "1"},
            "`fronendCount` is no setting of services (did you mean `frontendCount`?): "
            "run `pulumi -C services config rm fronendCount --stack dev`",
            id="misspelt",
        ),
        pytest.param(
            ServicesSettings,
            {"frontend_count": "1"},
            "`frontend_count` is no setting of services (did you mean `frontendCount`?): "
            "run `pulumi -C services config rm frontend_count --stack dev`",
            id="in snake case",
        ),
        pytest.param(
            BootstrapSettings,
            {"zebra": "1"},
            "`zebra` is no setting of bootstrap: run `pulumi -C bootstrap config rm zebra --stack dev`",
            id="unknown",
        ),
        pytest.param(
            ServicesSettings,
            {"conducky-servces:capacity": "spot"},
            "`conducky-servces:capacity` in the settings of services belongs to no program here (they begin with "
            "`conducky-services:`): run `pulumi -C services config rm conducky-servces:capacity --stack dev`",
            id="unknown namespace",
        ),
        pytest.param(
            ServicesSettings,
            {"aws:region": "eu-west-1"},
            "`aws:region` in the settings of services would win over AWS_REGION, which all layers share: "
            "run `pulumi -C services config rm aws:region --stack dev` and `export AWS_REGION=…`",
            id="region",
        ),
        pytest.param(
            PlatformSettings,
            {"databaseStorageGib": "plenty"},
            "`databaseStorageGib` is `plenty` and must be a whole number: "
            "run `pulumi -C platform config set databaseStorageGib 20 --stack dev`",
            id="no number",
        ),
        pytest.param(
            PlatformSettings,
            {"databaseStorageGib": "20.5"},
            "`databaseStorageGib` is `20.5` and must be a whole number: "
            "run `pulumi -C platform config set databaseStorageGib 20 --stack dev`",
            id="a fraction",
        ),
        pytest.param(
            PlatformSettings,
            {"databaseBackupDays": "36"},
            "`databaseBackupDays` is `36` and must be at most 35: "
            "run `pulumi -C platform config set databaseBackupDays 1 --stack dev`",
            id="out of range",
        ),
        pytest.param(
            PlatformSettings,
            {"deletionProtection": "maybe"},
            "`deletionProtection` is `maybe` and must be `true` or `false`: "
            "run `pulumi -C platform config set deletionProtection false --stack dev`",
            id="neither true nor false",
        ),
        pytest.param(
            PlatformSettings,
            {"loadBalancers": "two"},
            "`loadBalancers` is `two` and must be one of `shared` or `dedicated`: "
            "run `pulumi -C platform config set loadBalancers shared --stack dev`",
            id="none of the choices",
        ),
        pytest.param(
            ServicesSettings,
            {"backendCpu": "300"},
            "`backendCpu` is `300` and must be one of 256, 512, 1024, 2048 or 4096: "
            "run `pulumi -C services config set backendCpu 256 --stack dev`",
            id="none of the numbers",
        ),
        pytest.param(
            ServicesSettings,
            {"backendMemory": "4096"},
            "`backendMemory` is 4096 MiB, and with `backendCpu` 256 Fargate offers 512, 1024, … 2048: "
            "run `pulumi -C services config set backendMemory 512 --stack dev`",
            id="no such combination",
        ),
        pytest.param(
            PlatformSettings,
            {"availabilityZones": "us-east-1a"},
            '`availabilityZones` is `us-east-1a` and must look like `["us-east-1a","us-east-1b"]`: '
            f"run `pulumi -C platform config set availabilityZones {ZONES} --stack dev`",
            id="no list",
        ),
        pytest.param(
            PlatformSettings,
            {"availabilityZones": '["us-east-1a"]'},
            "`availabilityZones` is `['us-east-1a']` and must have 2 entries: "
            f"run `pulumi -C platform config set availabilityZones {ZONES} --stack dev`",
            id="a list too short",
        ),
        pytest.param(
            PlatformSettings,
            {"availabilityZones": '["us-east-1a","us-east-1a"]'},
            '`availabilityZones` is `["us-east-1a","us-east-1a"]` and must be two different zones: '
            f"run `pulumi -C platform config set availabilityZones {ZONES} --stack dev`",
            id="the same zone twice",
        ),
        pytest.param(
            PlatformSettings,
            {"availabilityZones": "[" * 100_000},
            f'`availabilityZones` is `{"[" * 60}…` and must look like `["us-east-1a","us-east-1b"]`: '
            f"run `pulumi -C platform config set availabilityZones {ZONES} --stack dev`",
            id="too deep to parse",
        ),
        pytest.param(
            PlatformSettings,
            {"accountId": "1234"},
            "`accountId` is `1234` and must look like `123456789012`: "
            "run `pulumi -C platform config set accountId 123456789012 --stack dev`",
            id="no account",
        ),
        pytest.param(
            PlatformSettings,
            {"accountId": "١٢٣٤٥٦٧٨٩٠١٢"},
            "`accountId` is `١٢٣٤٥٦٧٨٩٠١٢` and must look like `123456789012`: "
            "run `pulumi -C platform config set accountId 123456789012 --stack dev`",
            id="digits of another script",
        ),
        pytest.param(
            PlatformSettings,
            {"projectName": "größe"},
            "`projectName` is `größe` and must look like `conducky`: "
            "run `pulumi -C platform config set projectName conducky --stack dev`",
            id="unicode",
        ),
        pytest.param(
            PlatformSettings,
            {"projectName": ""},
            "`projectName` is `` and must look like `conducky`: "
            "run `pulumi -C platform config set projectName conducky --stack dev`",
            id="empty",
        ),
        pytest.param(
            PlatformSettings,
            {"projectName": "two\nlines"},
            r"`projectName` is `two\nlines` and must look like `conducky`: "
            "run `pulumi -C platform config set projectName conducky --stack dev`",
            id="two lines",
        ),
        pytest.param(
            PlatformSettings,
            {"projectName": "A" * 70},
            f"`projectName` is `{'A' * 60}…` and must look like `conducky`: "
            "run `pulumi -C platform config set projectName conducky --stack dev`",
            id="very long",
        ),
        pytest.param(
            BootstrapSettings,
            {"githubRepository": "conducky"},
            "`githubRepository` is `conducky` and must look like `acme/conducky`: "
            "run `pulumi -C bootstrap config set githubRepository acme/conducky --stack dev`",
            id="no owner",
        ),
        pytest.param(
            BootstrapSettings,
            {"githubRepository": "https://github.com/acme/conducky"},
            "`githubRepository` is `https://github.com/acme/conducky` and must look like `acme/conducky`: "
            "run `pulumi -C bootstrap config set githubRepository acme/conducky --stack dev`",
            id="an address",
        ),
        pytest.param(
            BootstrapSettings,
            {"githubRepository": "acme/*"},
            "`githubRepository` is `acme/*` and must look like `acme/conducky`: "
            "run `pulumi -C bootstrap config set githubRepository acme/conducky --stack dev`",
            id="every repository of an owner",
        ),
        pytest.param(
            BootstrapSettings,
            {"githubRepository": "acme/conducky.git"},
            "`githubRepository` is `acme/conducky.git` and must be written without `.git`: "
            "run `pulumi -C bootstrap config set githubRepository acme/conducky --stack dev`",
            id="as git clones it",
        ),
        pytest.param(
            BootstrapSettings,
            {"githubRepository": "acme/conducky", "githubBranch": "release/*"},
            "`githubBranch` is `release/*` and must look like `main`: "
            "run `pulumi -C bootstrap config set githubBranch main --stack dev`",
            id="every branch of a kind",
        ),
        pytest.param(
            BootstrapSettings,
            {"githubRepository": "acme/conducky", "githubIds": "1234567"},
            "`githubIds` is `1234567` and must look like `1234567/7654321`: "
            "run `pulumi -C bootstrap config set githubIds 1234567/7654321 --stack dev`",
            id="one id",
        ),
        pytest.param(
            BootstrapSettings,
            {"githubPreviews": "true"},
            "`githubPreviews` is set and `githubRepository` is not, so it says nothing: "
            "run `pulumi -C bootstrap config set githubRepository acme/conducky --stack dev`",
            id="previews of nothing",
        ),
        pytest.param(
            ServicesSettings,
            {"jwtSecret": "hunter2" * 6},
            "`jwtSecret` stands in the settings of services in plain text: "
            "run `pulumi -C services config set --secret jwtSecret --stack dev` and give it a new value",
            id="a secret in plain text",
        ),
    ],
)
def test_it_is_this_sentence(settings_type: type[Settings], config: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        load(settings_type, config)
    assert str(caught.value) == sentence


def test_further_mistakes_are_counted() -> None:
    with pytest.raises(UserError, match=r"`capacity` is `none` .* \(2 more after that\)$"):
        load(ServicesSettings, {"frontendCount": "-1", "backendCount": "99", "capacity": "none"})


def test_two_mistakes_in_one_setting_count_once() -> None:
    with pytest.raises(UserError) as caught:
        load(PlatformSettings, {"availabilityZones": "[1, 2]"})
    assert "more after that" not in str(caught.value)


def test_a_short_secret_is_not_quoted() -> None:
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {"jwtSecret": "hunter2"}, secret=["jwtSecret"])
    assert str(caught.value) == (
        "`jwtSecret` must be at least 32 characters long: "
        "run `pulumi -C services config set --secret jwtSecret --stack dev`"
    )


@pytest.mark.parametrize("key", ["corsOrigin", "frontendCount", "capacity", "logRetentionDays", "projectName"])
def test_whatever_is_encrypted_is_not_quoted(key: str) -> None:
    """Somebody who encrypts a setting has a reason."""
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {key: "Hunter2"}, secret=[key])
    assert "Hunter2" not in str(caught.value)
    assert f"`pulumi -C services config set --secret {key} --stack dev`" in str(caught.value)


@pytest.mark.parametrize("key", ["a key", "it's", 'say "so"', "a;b", "$HOME"])
def test_a_key_stands_in_the_command_as_a_shell_takes_it(key: str) -> None:
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {key: "1"})
    command = str(caught.value).rpartition("config rm ")[2].removesuffix(" --stack dev`")
    assert command != key, f"{command} must be quoted"


def test_no_value_hides_in_the_chain_of_causes() -> None:
    """Pydantic's own error, which quotes the value, must not be printed along with the sentence."""
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {"jwtSecret": "hunter2"}, secret=["jwtSecret"])
    assert "hunter2" not in "".join(traceback.format_exception_only(caught.value))
    assert caught.value.__suppress_context__
