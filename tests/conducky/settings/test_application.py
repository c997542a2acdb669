"""What an application is: only what AWS takes."""

import json

import pytest

from conducky.errors import UserError
from conducky.settings import ServicesSettings
from tests.conducky.settings.load_settings import load


@pytest.mark.parametrize("path", ["/café/*", "/日本"])
def test_a_path_that_a_listener_rule_cannot_have_is_refused(path: str) -> None:
    with pytest.raises(UserError, match=r"backend\.paths"):
        load(ServicesSettings, {"backend": json.dumps({"paths": [path]})})


RANDOM = "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6h"
KEY = "-----BEGIN PRIVATE KEY-----"


@pytest.mark.parametrize("setting", ["variables", "buildArgs"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEXT_PUBLIC_POSTHOG_KEY", f"phc_{RANDOM}"),
        ("NEXT_PUBLIC_SENTRY_DSN", "https://0123456789abcdef0a1b2c3d4e5f6071@o1.ingest.sentry.io/45"),
        ("VITE_FIREBASE_API_KEY", f"AIza{RANDOM}"),
        ("REACT_APP_TOKEN", RANDOM),
        ("AZURE_CLIENT_ID", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
        ("AUTH0_CLIENT_ID", RANDOM[:32]),
    ],
)
def test_what_browsers_get_and_identifiers_may_be_random(setting: str, name: str, value: str) -> None:
    made = load(ServicesSettings, {"frontend": json.dumps({setting: {name: value}})}).frontend
    assert {**made.variables, **made.build_args}[name] == value


@pytest.mark.parametrize("setting", ["variables", "buildArgs"])
@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("SIGNING", RANDOM, "32 or more random characters"),
        ("NOT_NEXT_PUBLIC_KEY", RANDOM, "32 or more random characters"),
        ("VAULT_SECRET_ID", RANDOM, "32 or more random characters"),
        ("API_KEY_ID", RANDOM, "32 or more random characters"),
        ("NEXT_PUBLIC_KEY", KEY, "a PEM block"),
        ("NEXT_PUBLIC_KEY_ID", "AKIA" + "X" * 16, "an AWS access key"),
        ("NEXT_PUBLIC_DATABASE", "postgres://user:pass@db/shop", "an address with a password"),
        ("NEXT_PUBLIC_STRIPE_KEY", "sk_live_" + "0" * 24, "a token"),
        ("NEXT_PUBLIC_AI", "sk-proj-" + "x" * 24, "a token"),
    ],
)
def test_what_looks_like_a_secret_is_refused_without_being_printed(
    setting: str, name: str, value: str, kind: str
) -> None:
    with pytest.raises(UserError) as caught:
        load(ServicesSettings, {"backend": json.dumps({setting: {name: value}})})
    assert f"`backend.{setting}.{name}` looks like {kind}" in caught.value.problem
    assert f"config rm --path backend.{setting}.{name}" in caught.value.fix
    assert f"name {name} in `backend.secrets`" in caught.value.fix
    assert value not in str(caught.value)
