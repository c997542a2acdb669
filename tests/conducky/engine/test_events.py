"""The engine's events by hand: what a person is told of them, and what is counted."""

from pathlib import Path

import pytest
from pulumi.automation import events

from conducky.engine.events import LayerProgress, Watch

ROOT = Path("/the repository")
STACK = "urn:pulumi:dev::conducky-platform::pulumi:pulumi:Stack::conducky-platform-dev"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


class Listener:
    """Takes events as the engine sends them, and notes what a person would be told."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.counts: list[int] = []
        self.said: list[str] = []
        self.watch = Watch(LayerProgress(self.begun.append, self.counts.append, self.said.append), ROOT)

    def note(self, **event: object) -> None:
        told: dict[str, object] = {"sequence": 1, "timestamp": 1, **event}
        self.watch.note(events.EngineEvent.from_json(told))  # pyright: ignore[reportUnknownMemberType] # a bare dict

    def step(self, operation: str, name: str = "logs", token: str = LOG_GROUP) -> None:
        metadata = {"op": operation, "urn": f"urn:pulumi:dev::conducky-platform::{token}::{name}", "type": token}
        self.note(resourcePreEvent={"metadata": metadata})
        self.note(resOutputsEvent={"metadata": metadata})

    def say(self, message: str, urn: str | None = None, severity: str = "error") -> None:
        self.note(diagnosticEvent={"message": message, "color": "never", "severity": severity, "urn": urn})


@pytest.fixture
def listener() -> Listener:
    return Listener()


def test_a_resources_failure_is_told_with_its_name(listener: Listener) -> None:
    urn = "urn:pulumi:dev::conducky-services::aws:ecs/service:Service::backend"

    listener.say("<{%reset%}>error: <{%bold%}>no way in<{%reset%}>\n", urn)

    assert listener.watch.causes() == "backend: no way in"


def test_what_a_program_says_is_passed_on_and_is_no_failure(listener: Listener) -> None:
    listener.say("<{%reset%}>entrance http-api: a request ends after 30 s<{%reset%}>\n", severity="info")

    assert listener.said == ["entrance http-api: a request ends after 30 s"]
    assert listener.watch.causes() == ""


@pytest.mark.parametrize(
    ("refusal", "way_out"),
    [
        (
            "AccessDenied: Your account must be verified before you can add new CloudFront resources.",
            "`entrance` http-api has HTTPS without a domain",
        ),
        (
            "OperationNotPermitted: This AWS account currently does not support creating load balancers.",
            "`entrance` http-api needs none",
        ),
    ],
)
def test_what_aws_holds_back_of_new_accounts_is_answered(listener: Listener, refusal: str, way_out: str) -> None:
    listener.say(f"creating CloudFront Distribution: operation error: {refusal}")
    causes = listener.watch.causes()
    assert refusal in causes
    assert "AWS Support" in causes.partition(refusal)[2]
    assert way_out in causes


def test_a_sentence_that_names_its_resource_is_told_as_it_is(listener: Listener) -> None:
    urn = "urn:pulumi:dev::conducky-services::aws:ecs/service:Service::conducky-dev-backend"

    listener.say("conducky-dev-backend: the log group does not exist\n", urn)

    assert listener.watch.causes() == "conducky-dev-backend: the log group does not exist"


@pytest.mark.parametrize("urn", [None, STACK])
def test_a_persons_mistake_is_one_sentence(listener: Listener, urn: str | None) -> None:
    """The program tells it, and the engine once more."""
    listener.say("JWT_SECRET is missing: run `export JWT_SECRET=…`\n", urn)
    listener.say("an unhandled error occurred: JWT_SECRET is missing: run `export JWT_SECRET=…`\n", urn)
    listener.say("update failed\n")

    assert listener.watch.causes() == "JWT_SECRET is missing: run `export JWT_SECRET=…`"


def test_the_engines_closing_lines_and_its_lesser_messages_are_left_out(listener: Listener) -> None:
    listener.say("update failed\n")
    listener.say("<{%fg 1%}>error: <{%reset%}>preview failed\n", STACK)
    listener.say("something to know\n", severity="info")
    listener.say("something to think of\n", severity="warning")
    listener.say("registering resource\n", severity="debug")

    assert listener.watch.causes() == ""


def test_every_cause_is_told_in_its_order(listener: Listener) -> None:
    for name in ("one", "two", "one"):
        listener.say(f"{name} is broken", f"urn:pulumi:dev::p::t::{name}")

    assert listener.watch.causes() == "one is broken\ntwo is broken"


def test_a_traceback_becomes_its_last_line_and_its_last_place_of_ours(listener: Listener) -> None:
    listener.say(
        "python inline source runtime error: division by zero\n"
        "Traceback (most recent call last):\n"
        f'  File "{ROOT}/.venv/lib/pulumi/runtime/stack.py", line 133, in run\n    await result\n'
        f'  File "{ROOT}/platform/__main__.py", line 12, in <module>\n    shares = 1 / 0\n             ~~^~~\n'
        '  File "/usr/lib/python3.11/numbers.py", line 3, in divide\n    …\n'
        "ZeroDivisionError: division by zero\n\n"
    )

    assert listener.watch.causes() == "platform/__main__.py:12: ZeroDivisionError: division by zero"


def test_resources_are_counted_by_what_happened_to_them(listener: Listener) -> None:
    listener.step("same", "one")
    listener.step("create", "two")
    listener.step("update", "three")
    for operation in ("create-replacement", "replace", "delete-replaced"):
        listener.step(operation, "four")

    assert listener.watch.changes == {
        "same": 1,
        "create": 1,
        "update": 1,
        "create-replacement": 1,
        "replace": 1,
        "delete-replaced": 1,
    }
    assert listener.watch.operations == {
        f"{LOG_GROUP} two": "create",
        f"{LOG_GROUP} three": "update",
        f"{LOG_GROUP} four": "replace",
    }
    assert listener.watch.resources == 4
    assert listener.counts[-1] == 4
    assert listener.begun[:2] == ["two (LogGroup)", "three (LogGroup)"]


def test_what_a_refresh_reads_is_no_change(listener: Listener) -> None:
    listener.step("refresh", "one")
    listener.step("same", "one")
    assert listener.watch.operations == {}
    assert listener.watch.changes == {"same": 1}
    assert listener.begun == []


def test_a_deleted_resource_is_done_but_no_longer_one_of_the_layers(listener: Listener) -> None:
    listener.step("same", "one")
    listener.step("delete", "two")

    assert listener.watch.resources == 1
    assert listener.counts == [1, 2]


@pytest.mark.parametrize("token", ["pulumi:pulumi:Stack", "pulumi:providers:aws", "conducky:platform:Database"])
def test_what_only_holds_others_together_is_not_counted(listener: Listener, token: str) -> None:
    listener.step("create", token=token)

    assert listener.watch.resources == 0
    assert listener.begun == []
