"""What AWS refuses is explained by the policy that would allow it, and by what to run."""

import threading
from collections.abc import Generator

import pytest
from botocore.exceptions import (
    ClientError,
    ConfigParseError,
    CredentialRetrievalError,
    EndpointConnectionError,
    LoginRefreshRequired,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    UnauthorizedSSOTokenError,
)

from conducky.access import asking_aws, in_parallel
from conducky.aws import AS_ADMIN, AS_DEPLOYER
from conducky.errors import UserError
from conducky.naming import Names
from conducky.operations.target import Target
from tests.fakes.aws_api import ACCOUNT, REGION, AwsApi, RefusedError, aws_api, denied

ADA = "arn:aws:iam::123456789012:user/people/ada"
ROLE = "arn:aws:sts::123456789012:assumed-role/operators/ada@example.com"
SSO = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_ops_0123456789abcdef/ada"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsApi]:
    with aws_api(monkeypatch) as made:
        yield made


@pytest.fixture
def target(api: AwsApi) -> Target:
    return Target("dev", Names("conducky", "dev"), REGION, ACCOUNT)


def refused(api: AwsApi, target: Target, answer: Exception) -> UserError:
    api.answer("ecs.ListTasks", answer)
    with pytest.raises(UserError) as caught, asking_aws("see the tasks", "conducky-dev-exec"):
        target.ecs.list_tasks(cluster="conducky-dev-cluster")
    return caught.value


@pytest.mark.parametrize(
    ("who", "attach"),
    [
        (ADA, "aws iam attach-user-policy --user-name ada --policy-arn"),
        (ROLE, "aws iam attach-role-policy --role-name operators --policy-arn"),
    ],
)
def test_a_denial_names_who_what_and_the_command_that_grants_it(
    api: AwsApi, target: Target, who: str, attach: str
) -> None:
    error = refused(api, target, denied("ecs:ListTasks", who))
    assert "ecs:ListTasks" in error.problem
    assert f"{attach} arn:aws:iam::123456789012:policy/conducky-dev-exec" in error.fix


def test_a_role_of_identity_center_gets_its_policy_there(api: AwsApi, target: Target) -> None:
    error = refused(api, target, denied("ecs:ListTasks", SSO))
    assert "permission set" in error.fix
    assert "attach-role-policy" not in error.fix


def test_an_explicit_denial_is_told_apart(api: AwsApi, target: Target) -> None:
    message = (
        f"User: {ADA} is not authorized to perform: ecs:ListTasks on resource: * with an explicit deny in a policy"
    )
    error = refused(api, target, RefusedError("AccessDeniedException", message))
    assert "another policy denies it explicitly" in error.problem


def test_a_denial_in_other_words_still_names_the_policy(api: AwsApi, target: Target) -> None:
    error = refused(api, target, RefusedError("UnauthorizedOperation", "You are not authorized."))
    assert "`conducky-dev-exec`" in error.fix
    assert "You are not authorized." in error.problem


@pytest.mark.parametrize("code", ["ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"])
def test_throttling_says_to_wait(api: AwsApi, target: Target, code: str) -> None:
    error = refused(api, target, RefusedError(code, "Rate exceeded"))
    assert "throttles" in error.problem
    assert error.fix == "wait a minute and run this again"


@pytest.mark.parametrize("code", ["ExpiredTokenException", "RequestExpired", "AuthFailure", "InvalidClientTokenId"])
def test_expired_and_unknown_credentials_are_one_message(api: AwsApi, target: Target, code: str) -> None:
    error = refused(api, target, RefusedError(code, "x"))
    assert f"expired ({code})" in error.problem
    assert error.fix.startswith("run `")


def test_an_expired_sign_in_names_the_profile(api: AwsApi, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    _ = target.ecs
    monkeypatch.setenv("AWS_PROFILE", "ops")
    assert refused(api, target, UnauthorizedSSOTokenError()).fix == "run `aws sso login --profile ops`"


def failed(code: str, message: str = "as the test wants it") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "ListUsers")


@pytest.mark.parametrize(
    ("error", "problem", "fix"),
    [
        (failed("AccessDenied"), "not allowed to list users (as the test wants it)", AS_DEPLOYER),
        (failed("ExpiredTokenException"), "have expired (ExpiredTokenException)", AS_DEPLOYER),
        (failed("Throttling"), "throttles", "wait a minute"),
        (failed("ServiceFailure"), "cannot list users (ServiceFailure: as the test wants it)", "correct"),
        (failed("ServiceFailure", ""), "AWS gives no reason", "correct"),
        (NoCredentialsError(), "there are no AWS credentials", AS_DEPLOYER),
        (PartialCredentialsError(provider="env", cred_var="x"), "there are no AWS credentials", AS_DEPLOYER),
        (PartialCredentialsError(provider="env", cred_var="x"), "found in env, missing: x", AS_DEPLOYER),
        (ConfigParseError(path="/x/config"), "is wrong (Unable to parse config file: /x/config)", "correct that file"),
        (CredentialRetrievalError(provider="custom-process", error_msg="x"), "custom-process gives no", AS_DEPLOYER),
        (ProfileNotFound(profile="amdin"), "AWS_PROFILE is `amdin`", "`aws configure list-profiles`"),
        (UnauthorizedSSOTokenError(), "expired (UnauthorizedSSOTokenError)", "`aws sso login --profile amdin`"),
        (LoginRefreshRequired(), "expired (LoginRefreshRequired)", "`aws login --profile amdin`"),
        (EndpointConnectionError(endpoint_url="https://x"), "unreachable (EndpointConnectionError)", "AWS_REGION"),
    ],
)
def test_each_kind_of_error_has_its_fix(
    monkeypatch: pytest.MonkeyPatch, error: Exception, problem: str, fix: str
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "amdin")
    with pytest.raises(UserError) as caught, asking_aws("list users"):
        raise error
    assert problem in caught.value.problem
    assert fix in caught.value.fix


def test_an_admins_work_asks_for_an_admin() -> None:
    with pytest.raises(UserError) as caught, asking_aws("list users", fix=AS_ADMIN):
        raise failed("AccessDenied")
    assert "`export AWS_PROFILE=admin`" in caught.value.fix


def test_awss_words_stay_on_one_line() -> None:
    with pytest.raises(UserError) as caught, asking_aws("list users"):
        raise failed("AccessDenied", "two\nlines\x1b[31m")
    assert str(caught.value).isprintable()


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(RuntimeError), asking_aws("list users"):
        raise RuntimeError


def test_calls_run_at_the_same_time_and_keep_their_order() -> None:
    meeting = threading.Barrier(3, timeout=5)

    def call(number: int) -> int:
        meeting.wait()
        return number

    assert in_parallel(lambda number=number: call(number) for number in range(3)) == [0, 1, 2]
    assert in_parallel([]) == []


def test_the_first_error_of_several_calls_is_raised() -> None:
    def fail() -> int:
        raise UserError("no", "yes")

    with pytest.raises(UserError):
        in_parallel([lambda: 1, fail])
