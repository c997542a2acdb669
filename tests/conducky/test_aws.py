"""AWS's clients: in which region they are."""

import pytest

from conducky.aws import ecs, iam, session, session_of, sts
from conducky.errors import UserError


def test_the_region_is_the_one_that_is_given_else_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert ecs(session("eu-west-1")).meta.region_name == "eu-west-1"
    assert ecs(session()).meta.region_name == "eu-central-1"
    monkeypatch.setenv("AWS_REGION", " ")
    assert iam(session_of("FAKEKEY", "fake-secret")).meta.region_name in {"us-east-1", "aws-global"}


def test_an_endpoint_that_is_not_an_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:4566/x y")
    with pytest.raises(UserError, match="AWS_ENDPOINT_URL is `localhost"):
        sts(session_of("FAKEKEY", "fake-secret"))
