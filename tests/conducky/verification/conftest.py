"""An AWS and the applications of a deployment to verify."""

from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from tests.fakes.aws import FakeAws, fake_aws
from tests.fakes.web_server import Answer, Asked, serve


@dataclass
class FakeApplications:
    """Both applications behind one address, and what each request is answered with: the last one for good."""

    address: str = ""
    answers: list[Answer] = field(default_factory=lambda: [Answer("ok", headers={"X-Revision": "build-7"})])
    paths: list[str] = field(default_factory=list[str])

    def answer(self, asked: Asked) -> Answer:
        self.paths.append(asked.path)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Generator[FakeAws]:
    with fake_aws() as made:
        assert made.server
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.server.address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAFAKEFAKEFAKEFAKE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake-aws-secret-key-for-tests")
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        made.task_variable("APP_REVISION", "build-7")
        made.stopped()
        yield made


@pytest.fixture
def applications() -> Generator[FakeApplications]:
    made = FakeApplications()
    with serve(made.answer) as server:
        made.address = server.address
        yield made
