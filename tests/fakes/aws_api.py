"""An AWS inside this process: boto3's calls are answered by a test, and checked against AWS's own description of them.

As botocore's Stubber does it, but in any order and from any thread: each request and each answer must have the shape
that the service documents.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError
from botocore.model import Shape
from botocore.validate import validate_parameters

ACCOUNT = "123456789012"
REGION = "us-east-1"
USER = f"arn:aws:iam::{ACCOUNT}:user/ada"

Answer = dict[str, Any] | Exception | Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Call:
    """One call that was made, such as `ecs.ListTasks`."""

    name: str
    request: dict[str, Any]


@dataclass
class AwsApi:
    """What each call, such as `ecs.ListTasks`, is answered with; several answers are used one after the other."""

    answers: dict[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    calls: list[Call] = field(default_factory=list[Call])

    def answer(self, call: str, *answers: Answer) -> None:
        """Answer a call from now on; the last answer is used for good."""
        self.answers[call] = list(answers)

    def refuse(self, call: str, code: str, message: str = "no") -> None:
        """Refuse a call with an error code of AWS."""
        self.answers[call] = [RefusedError(code, message)]

    def made(self, call: str) -> list[dict[str, Any]]:
        """The requests of one call, in order."""
        return [each.request for each in self.calls if each.name == call]

    def handle(self, client: BaseClient, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        service = client.meta.service_model
        model = service.operation_model(operation)
        _check(request, model.input_shape, f"the request {operation}")
        name = f"{service.service_name}.{operation}"
        self.calls.append(Call(name, request))
        waiting = self.answers.get(name, [denied(f"{service.signing_name}:{operation}")])
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, RefusedError):
            details = {"Error": {"Code": answer.code, "Message": answer.message}, "ResponseMetadata": {}}
            kind: Any = client.exceptions.from_code(answer.code)
            raise kind(details, operation)
        if isinstance(answer, Exception):
            raise answer
        found = answer(request) if callable(answer) else answer
        _check(found, model.output_shape, f"the answer to {operation}")
        return found


def _check(values: dict[str, Any], shape: Shape | None, what: str) -> None:
    """Fail the test: what boto3 raises for it would be reported as an unreachable AWS."""
    try:
        if shape:
            validate_parameters(values, shape)
    except ParamValidationError as error:
        raise AssertionError(f"{what} is not as AWS documents it: {error}") from None


class RefusedError(Exception):
    """An error of AWS, as an answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message


def denied(action: str, who: str = USER) -> RefusedError:
    """What AWS says to somebody without the permission."""
    message = (
        f"User: {who} is not authorized to perform: {action} on resource: * because no identity-based policy allows "
        f"the {action} action"
    )
    return RefusedError("AccessDeniedException", message)


@contextmanager
def aws_api(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsApi]:
    """Answer every call of boto3 in this process, for credentials of the user `ada`."""
    made = AwsApi()

    def make_api_call(client: BaseClient, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return made.handle(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", make_api_call)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFAKEFAKEFAKEFAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake-aws-secret-key-for-tests")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    made.answer("sts.GetCallerIdentity", {"Account": ACCOUNT, "Arn": USER, "UserId": "AIDAFAKE"})
    yield made
