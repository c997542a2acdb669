"""Every setting: what it is by default, what it may be, and that nothing else gets through."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from pydantic.alias_generators import to_camel

from conducky.errors import UserError
from conducky.repository import LAYERS
from conducky.settings import (
    ALL_SETTINGS,
    FARGATE_SIZES,
    BootstrapSettings,
    PlatformSettings,
    ServicesSettings,
    Settings,
)
from tests.conducky.settings.load_settings import load

SECRETS = ["jwtSecret", "sessionSecret"]


def test_every_layer_has_its_settings() -> None:
    assert tuple(settings.layer for settings in ALL_SETTINGS) == LAYERS


@pytest.mark.parametrize("settings_type", ALL_SETTINGS, ids=lambda kind: kind.layer)
def test_every_setting_says_what_it_is_for(settings_type: type[Settings]) -> None:
    silent = [name for name, field in settings_type.model_fields.items() if not field.description]
    assert silent == []


@pytest.mark.parametrize("settings_type", ALL_SETTINGS, ids=lambda kind: kind.layer)
def test_a_stack_needs_no_setting_at_all(settings_type: type[Settings]) -> None:
    assert load(settings_type, {}) == settings_type()


def test_the_defaults_are_the_cheapest_shape() -> None:
    platform, services = load(PlatformSettings, {}), load(ServicesSettings, {})
    assert (platform.load_balancers, platform.database_instance_class) == ("shared", "db.t4g.micro")
    assert (platform.database_storage_gib, platform.database_backup_days) == (20, 1)
    assert [platform.database_multi_az, platform.deletion_protection, platform.database_final_snapshot] == [False] * 3
    assert (services.architecture, services.capacity, services.log_retention_days) == ("arm64", "spot", 7)
    assert (services.frontend_cpu, services.frontend_memory, services.frontend_count) == (256, 512, 1)
    assert (services.backend_cpu, services.backend_memory, services.backend_count) == (256, 512, 1)


def test_values_arrive_as_text_and_become_their_type() -> None:
    platform = load(
        PlatformSettings,
        {
            "accountId": "012345678901",
            "availabilityZones": '["eu-west-1a", "eu-west-1b"]',
            "databaseStorageGib": "30",
            "deletionProtection": "true",
            "projectName": "shop2",
        },
    )
    assert platform.account_id == "012345678901", "an account's number keeps its leading zero"
    assert platform.availability_zones == ["eu-west-1a", "eu-west-1b"]
    assert platform.database_storage_gib == 30
    assert platform.deletion_protection is True
    assert platform.project_name == "shop2"


@pytest.mark.parametrize(
    ("settings_type", "key", "smallest", "largest"),
    [
        (BootstrapSettings, "imagesToKeep", 2, 1000),
        (PlatformSettings, "databaseStorageGib", 20, 16384),
        (PlatformSettings, "databaseBackupDays", 0, 35),
        (ServicesSettings, "frontendCount", 0, 20),
        (ServicesSettings, "backendCount", 0, 20),
    ],
)
def test_the_ends_of_a_range(settings_type: type[Settings], key: str, smallest: int, largest: int) -> None:
    for value in (smallest, largest):
        load(settings_type, {key: str(value)})
    with pytest.raises(UserError, match=f"`{key}` is `{smallest - 1}` .* at least {smallest}"):
        load(settings_type, {key: str(smallest - 1)})
    with pytest.raises(UserError, match=f"`{key}` is `{largest + 1}` .* at most {largest}"):
        load(settings_type, {key: str(largest + 1)})


@pytest.mark.parametrize("service", ["frontend", "backend"])
@pytest.mark.parametrize("cpu", FARGATE_SIZES)
def test_only_sizes_that_fargate_offers(service: str, cpu: int) -> None:
    sizes = FARGATE_SIZES[cpu]
    for memory in sizes:
        load(ServicesSettings, {f"{service}Cpu": str(cpu), f"{service}Memory": str(memory)})
    for memory in {512, sizes[-1] + 1024, sizes[0] + 1} - {*sizes}:
        if memory > 30720:
            continue  # out of the setting's own range
        with pytest.raises(UserError) as caught:
            load(ServicesSettings, {f"{service}Cpu": str(cpu), f"{service}Memory": str(memory)})
        assert f"`{service}Memory` is {memory} MiB" in caught.value.problem
        assert f"`{service}Cpu` {cpu}" in caught.value.problem
        assert f"config set {service}Memory {sizes[0]} --stack dev`" in caught.value.fix


@pytest.mark.parametrize(
    "origin", ["https://app.example.com", "http://localhost:3000", "http://10.0.0.1:65535", "https://a-b.example"]
)
def test_an_origin_is_scheme_host_and_port(origin: str) -> None:
    loaded = load(ServicesSettings, dict.fromkeys(["frontendBaseUrl", "corsOrigin", "nextPublicApiUrl"], origin))
    assert {loaded.frontend_base_url, loaded.cors_origin, loaded.next_public_api_url} == {origin}


@pytest.mark.parametrize(
    "nonsense",
    [
        "app.example.com",
        "ftp://app.example.com",
        "https://",
        "https://app.example.com/",
        "https://app.example.com?x",
        "https://App.Example.com",  # a browser sends it in lower case, and the backend compares
        "https://user@app.example.com",
        "https://app example.com",
        "https://app.example.com:port",
        "https://app.example.com:0",
        "https://app.example.com:65536",
        "https://app.example.com\n",
        "*",
        "",
    ],
)
@pytest.mark.parametrize("key", ["frontendBaseUrl", "corsOrigin", "nextPublicApiUrl"])
def test_anything_else_is_no_origin(key: str, nonsense: str) -> None:
    with pytest.raises(UserError, match=rf"`{key}` is .* must look like `https://"):
        load(ServicesSettings, {key: nonsense})


def test_only_cors_takes_several_origins() -> None:
    several = "https://app.example.com,https://www.example.com"
    assert load(ServicesSettings, {"corsOrigin": several}).cors_origin == several
    with pytest.raises(UserError):
        load(ServicesSettings, {"frontendBaseUrl": several})


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_is_at_least_32_characters(key: str) -> None:
    load(ServicesSettings, {key: "z" * 32}, secret=[key])
    with pytest.raises(UserError, match=f"`{key}` must be at least 32 characters long"):
        load(ServicesSettings, {key: "z" * 31}, secret=[key])


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_shows_itself_nowhere(key: str) -> None:
    loaded = load(ServicesSettings, {key: "hunter2" * 6}, secret=[key])
    assert "hunter2" not in repr(loaded)
    assert "hunter2" not in str(loaded.model_dump())


@pytest.mark.parametrize("key", ["aws:profile", "aws:allowedAccountIds", "pulumi:template"])
def test_settings_of_providers_pass(key: str) -> None:
    load(PlatformSettings, {key: "x"})


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(PlatformSettings, {}).project_name = "other"  # pyright: ignore[reportAttributeAccessIssue]


KEYS = sorted({to_camel(name) for kind in ALL_SETTINGS for name in kind.model_fields} | {"fronendCount", "aws:region"})
MARK = "hunter2"
NEARLY_RIGHT = strategies.sampled_from(
    [
        *('{"port": 0}', '{"prot": 1}', '{"secrets": ["a", 1]}', '{"variables": {"PORT": 1}}', '{"paths": []}'),
        *('{"variables": {"A": "1"}, "secrets": ["A"]}', '{"variables": {"K": {"secure": "x"}}}', '{"migrations": 1}'),
        *('{"migrations": "command"}', '{"egress": [25]}', '{"context": "/"}', '{"user": []}', '{"command": ["\\n"]}'),
        *("true", "FALSE", "0", "-1", "1e3", "256", "9" * 30, "9" * 5000, "null", "NaN", "{}"),
        *("[", "[]", '["a","a"]', '["a","b"]', '["a",1]', "[" * 9999),
        *("shared", "conducky", "https://a.b", "https://a.b,", "db.t4g.micro"),
        *("\x00", "\u202e", "\ud800", "two\nlines"),
    ]
)
VALUES = strategies.one_of(strategies.text(max_size=80), NEARLY_RIGHT, strategies.integers().map(str))
ANY_KEY = strategies.one_of(strategies.sampled_from(KEYS), strategies.text(max_size=30))


def refusal(settings_type: type[Settings], config: dict[str, str], secret: Iterable[str] = ()) -> str | None:
    """The message with which a layer refuses its settings; any other exception is a failure."""
    try:
        load(settings_type, config, secret)
    except UserError as error:
        return str(error)
    return None


@pytest.mark.parametrize("settings_type", ALL_SETTINGS, ids=lambda kind: kind.layer)
@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(config=strategies.dictionaries(ANY_KEY, VALUES, max_size=5))
def test_any_stack_file_loads_or_is_refused_with_one_line_and_a_command(
    settings_type: type[Settings], config: dict[str, str]
) -> None:
    message = refusal(settings_type, config)
    assert message is None or message.isprintable(), f"not one line: {message!r}"
    assert message is None or "`pulumi -C " in message, f"names no command: {message}"


@pytest.mark.parametrize("settings_type", ALL_SETTINGS, ids=lambda kind: kind.layer)
@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(config=strategies.dictionaries(ANY_KEY, VALUES.map(lambda value: MARK + value), min_size=1, max_size=5))
def test_no_message_quotes_an_encrypted_setting(settings_type: type[Settings], config: dict[str, str]) -> None:
    assert MARK not in (refusal(settings_type, config, secret=config) or "")


def test_the_property_tests_know_every_kind_of_setting() -> None:
    """A new kind of value in a setting should come with nearly right examples here."""
    kinds: set[Any] = set()
    for settings_type in ALL_SETTINGS:
        for spec in settings_type.model_json_schema()["properties"].values():
            kinds.add((spec["anyOf"][0] if "anyOf" in spec else spec).get("type", "application"))
    assert kinds == {"application", "array", "boolean", "integer", "string"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("conducky-dev-database-before", "conducky-dev-database-before"),
        ("rds:conducky-dev-database-1a2b-2026-11-25-06-06", "rds:conducky-dev-database-1a2b-2026-11-25-06-06"),
        ("2026-11-25T06:00:00Z", "2026-11-25T06:00:00Z"),
        ("2026-11-25 06:00:00 +0000 UTC", "2026-11-25T06:00:00Z"),  # Pulumi's text of a time without quotes
        ("2026-11-25 06:00:00+00:00", "2026-11-25T06:00:00Z"),  # ours
    ],
)
def test_what_the_database_is_restored_from_is_a_backup_or_a_time(written: str, read: str) -> None:
    assert load(PlatformSettings, {"databaseRestoreFrom": written}).database_restore_from == read


@pytest.mark.parametrize(
    "text", ["Before", "a--b", "a-", "2026-13-25T06:00:00Z", "2026-11-25T06:00:00+01:00", "", "a" * 256]
)
def test_anything_else_is_refused_with_both_forms(text: str) -> None:
    message = refusal(PlatformSettings, {"databaseRestoreFrom": text}) or ""
    assert "the name of a backup, or a time in UTC" in message
    assert "pulumi -C platform config set databaseRestoreFrom" in message
