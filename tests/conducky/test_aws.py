"""AWS's errors as messages: what was not possible, why, and the command that helps."""

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from conducky.aws import AS_ADMIN, AS_DEPLOYER, ecs, errors_as_user_errors, iam, session, session_of
from conducky.errors import UserError


def refused(code: str, message: str = "as the test wants it") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "ListUsers")


@pytest.mark.parametrize(
    ("error", "problem", "fix"),
    [
        (refused("AccessDenied"), "not allowed to list users (as the test wants it)", AS_DEPLOYER),
        (refused("ExpiredTokenException"), "have expired (ExpiredTokenException)", AS_DEPLOYER),
        (refused("Throttling"), "cannot list users (Throttling: as the test wants it)", "correct"),
        (refused("Throttling", ""), "AWS gives no reason", "correct"),
        (NoCredentialsError(), "there are no AWS credentials", AS_DEPLOYER),
        (PartialCredentialsError(provider="env", cred_var="x"), "there are no AWS credentials", AS_DEPLOYER),
        (ProfileNotFound(profile="amdin"), "AWS_PROFILE is `amdin`", "`aws configure list-profiles`"),
        (EndpointConnectionError(endpoint_url="https://x"), "unreachable (EndpointConnectionError)", "AWS_REGION"),
    ],
)
def test_each_kind_of_error_has_its_fix(
    monkeypatch: pytest.MonkeyPatch, error: Exception, problem: str, fix: str
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "amdin")
    with pytest.raises(UserError) as caught, errors_as_user_errors("list users"):
        raise error
    assert problem in caught.value.problem
    assert fix in caught.value.fix


def test_an_admins_work_asks_for_an_admin() -> None:
    with pytest.raises(UserError) as caught, errors_as_user_errors("list users", AS_ADMIN):
        raise refused("AccessDenied")
    assert "`export AWS_PROFILE=admin`" in caught.value.fix


def test_awss_words_stay_on_one_line() -> None:
    with pytest.raises(UserError) as caught, errors_as_user_errors("list users"):
        raise refused("AccessDenied", "two\nlines\x1b[31m")
    assert str(caught.value).isprintable()


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(RuntimeError), errors_as_user_errors("list users"):
        raise RuntimeError


def test_the_region_is_the_one_that_is_given_else_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert ecs(session("eu-west-1")).meta.region_name == "eu-west-1"
    assert ecs(session()).meta.region_name == "eu-central-1"
    monkeypatch.setenv("AWS_REGION", " ")
    assert iam(session_of("FAKEKEY", "fake-secret")).meta.region_name in {"us-east-1", "aws-global"}
