"""The provider over gRPC, with property bags as the engine sends them."""

from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from conducky.catalog import property_bag
from conducky.catalog.property_bag import UNKNOWN, Properties, secret
from conducky.rehearsal.account import Account
from tests.conducky.rehearsal.client import Client, RefusedError, Resource

GROUP = "aws:ec2/securityGroup:SecurityGroup"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
PARAMETER = "aws:ssm/parameter:Parameter"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
IMAGE = "docker-build:index:Image"
PASSWORD = "random:index/randomPassword:RandomPassword"


def task_definition(**inputs: object) -> Properties:
    return {"family": "backend", "cpu": "256", "memory": "512", "containerDefinitions": '[{"name": "a"}]', **inputs}


# What it knows, and what it refuses


@pytest.mark.parametrize("call", ["check", "create"])
def test_an_unknown_type_is_refused_by_name_with_the_file_to_extend(client: Client, call: str) -> None:
    with pytest.raises(RefusedError) as refused:
        getattr(client, call)("aws:sqs/queue:Queue", "jobs", {})

    assert str(refused.value) == (
        "the rehearsal does not know the resource type aws:sqs/queue:Queue: add it to "
        "conducky/catalog/types.toml (name rule, what replaces it, what it answers)"
    )


def test_an_unknown_question_is_refused_by_name_with_the_file_to_extend(client: Client) -> None:
    with pytest.raises(RefusedError) as refused:
        client.invoke("aws:s3/getBucket:getBucket", {"bucket": "mine"})

    assert str(refused.value) == (
        "the rehearsal has no answer to aws:s3/getBucket:getBucket: add one to `LOOKUPS` in conducky/catalog/lookups.py"
    )


def test_a_question_is_answered_together_with_its_arguments(client: Client) -> None:
    answer = client.invoke("aws:ec2/getVpcs:getVpcs", {"tags": {"a": "b"}})

    assert answer["ids"]
    assert answer["tags"] == {"a": "b"}


def test_a_check_tells_each_problem_with_its_property(client: Client) -> None:
    (days,) = client.problems(LOG_GROUP, {"retentionInDays": 15})

    assert days.startswith(": `retentionInDays` is 15 and must be one of 0, 1, 3, 5, 7, 14, 30, 60, 90,")
    assert client.problems("aws:iam/role:Role", {"name": "r" * 65}) == [
        "assumeRolePolicy: is required",
        f"name: `{'r' * 65}` is longer than 64 characters",
    ]


def test_a_secret_input_is_judged_by_its_value(client: Client) -> None:
    inputs = {"name": "/a/b", "type": "SecureString", "value": secret("x" * 4097)}

    assert client.problems(PARAMETER, inputs) == [": `value` has 4097 characters and may have 4096"]


def test_it_says_that_it_keeps_secrets_and_answers_previews(client: Client) -> None:
    answer = client.configure()

    assert answer.acceptSecrets
    assert answer.supportsPreview


# Names


def test_a_name_is_made_where_the_program_gives_none(client: Client) -> None:
    made = client.create(LOG_GROUP, "logs", {})

    assert made["name"].startswith("logs-")
    assert made.inputs["name"] == made["name"]


def test_an_automatic_name_is_the_same_in_every_rehearsal(client: Client) -> None:
    """A load balancer's is part of its address, and that of a build argument: another would build again each time."""
    names = [property_bag.read(client.check(LOG_GROUP, "logs", {}).inputs)["name"] for _ in range(2)]

    assert names[0] == names[1]


def test_an_automatic_name_is_kept_when_something_else_changes(client: Client) -> None:
    made = client.create(LOG_GROUP, "logs", {"retentionInDays": 7})

    changed = client.update(made, {"retentionInDays": 14})

    assert changed["name"] == made["name"]
    assert changed["retentionInDays"] == 14
    assert not client.diff(made, {"retentionInDays": 14}).replaces


def test_the_programs_own_name_is_taken_as_it_is(client: Client) -> None:
    assert client.create(LOG_GROUP, "logs", {"name": "conducky-dev-logs"})["name"] == "conducky-dev-logs"


def test_a_name_that_is_left_to_the_provider_from_now_on_is_a_new_one(client: Client) -> None:
    made = client.create(LOG_GROUP, "logs", {"name": "conducky-dev-logs"})

    assert list(client.diff(made, {}).replaces) == ["name"]


@pytest.mark.parametrize("token", [GROUP, LOG_GROUP, "aws:lb/loadBalancer:LoadBalancer"])
def test_a_replacement_is_another_thing_than_what_it_replaces(client: Client, token: str) -> None:
    """The engine creates the new one first and then deletes the old one, by its id."""
    old = client.create(token, "thing", {})
    new = client.create(token, "thing", {})

    client.delete(old)

    assert new.id != old.id
    assert client.exists(new)
    assert not client.exists(old)


# Changes


def change(client: Client, token: str, before: Properties, after: Properties) -> pb.DiffResponse:
    return client.diff(client.create(token, "thing", before), after)


def test_nothing_changed_is_no_difference(client: Client) -> None:
    inputs = {"retentionInDays": 7, "tags": {"a": "b"}}

    found = change(client, LOG_GROUP, inputs, inputs)

    assert found.changes == pb.DiffResponse.DIFF_NONE
    assert not found.diffs


def test_what_can_be_changed_in_place_is_an_update(client: Client) -> None:
    found = change(client, LOG_GROUP, {"retentionInDays": 7}, {"retentionInDays": 14})

    assert found.changes == pb.DiffResponse.DIFF_SOME
    assert list(found.diffs) == ["retentionInDays"]
    assert not found.replaces


@pytest.mark.parametrize(
    ("token", "before", "after", "replaces"),
    [
        (GROUP, {"description": "one"}, {"description": "two"}, ["description"]),
        (TARGET_GROUP, {"name": "g", "port": 1}, {"name": "g", "port": 2}, ["port"]),
        (TASK_DEFINITION, task_definition(), task_definition(memory="1024"), ["memory"]),
        (TASK_DEFINITION, task_definition(), task_definition(tags={"a": "b"}), []),
        (PARAMETER, {"name": "/a", "type": "String"}, {"name": "/b", "type": "String"}, ["name"]),
        (PARAMETER, {"name": "/a", "type": "String", "value": "1"}, {"name": "/a", "type": "String"}, []),
        (PASSWORD, {"length": 20}, {"length": 30}, ["length"]),
    ],
)
def test_what_cannot_be_changed_in_place_is_a_replacement(
    client: Client, token: str, before: Properties, after: Properties, replaces: list[str]
) -> None:
    assert list(change(client, token, before, after).replaces) == replaces


def test_the_difference_names_what_came_changed_and_went(client: Client) -> None:
    kind = pb.PropertyDiff.Kind
    before, after = {"description": "one", "vpcId": "v", "old": 1}, {"description": "two", "vpcId": "v", "new": 1}

    detail = change(client, GROUP, before, after).detailedDiff

    assert {name: kind.Name(entry.kind) for name, entry in detail.items()} == {
        "description": "UPDATE_REPLACE",
        "old": "DELETE",
        "new": "ADD",
    }


def test_a_registrys_new_token_is_no_difference(client: Client, account: Account) -> None:
    made = client.create(IMAGE, "image", {"push": True, "registries": [{"password": "old"}]}, preview=True)

    found = client.diff(made, {"push": True, "registries": [{"password": "new"}]})

    assert found.changes == pb.DiffResponse.DIFF_NONE


def test_a_secret_of_the_same_value_is_no_difference(client: Client) -> None:
    inputs = {"name": "/a/b", "type": "SecureString", "value": secret("same")}

    assert change(client, PARAMETER, inputs, {**inputs, "value": "same"}).changes == pb.DiffResponse.DIFF_NONE


def test_two_resources_with_one_fixed_name_never_exist_at_once(client: Client) -> None:
    fixed = change(client, TARGET_GROUP, {"name": "f", "port": 1}, {"name": "f", "port": 2})
    automatic = change(client, TARGET_GROUP, {"port": 1}, {"port": 2})
    renamed = change(client, TARGET_GROUP, {"name": "g1", "port": 1}, {"name": "g2", "port": 2})

    assert fixed.deleteBeforeReplace
    assert not automatic.deleteBeforeReplace
    assert not renamed.deleteBeforeReplace


def test_a_repositorys_one_lifecycle_policy_goes_before_the_next_comes(client: Client) -> None:
    """Otherwise deleting the old one would take the new one away (pulumi-aws, issue 2075)."""
    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"

    found = change(client, token, {"repository": "r", "policy": "{}"}, {"repository": "r", "policy": '{"a": 1}'})

    assert list(found.replaces) == ["policy"]
    assert found.deleteBeforeReplace


# Previews


def test_a_preview_makes_nothing_and_says_what_is_not_known_yet(client: Client, account: Account) -> None:
    shown = client.create(TASK_DEFINITION, "backend", task_definition(), preview=True)

    assert shown.id == ""
    assert {name for name, value in shown.outputs.items() if value == UNKNOWN} == {
        "arn",
        "arnWithoutRevision",
        "revision",
    }
    assert shown["family"] == "backend"
    assert account.of(TASK_DEFINITION) == []


def test_a_preview_of_a_change_knows_what_stays(client: Client, account: Account) -> None:
    inputs = {"name": "/a/b", "type": "SecureString", "value": secret("one")}
    made = client.create(PARAMETER, "parameter", inputs)

    shown = client.update(made, {**inputs, "value": secret("two")}, preview=True)

    assert shown["arn"] == made["arn"]
    assert shown["version"] == UNKNOWN
    assert account.of(PARAMETER)[0]["value"] == "one"


def test_inputs_that_are_not_known_yet_pass_the_checks(client: Client) -> None:
    unknown = {"family": UNKNOWN, "cpu": UNKNOWN, "memory": UNKNOWN, "containerDefinitions": UNKNOWN}

    assert client.problems(TASK_DEFINITION, unknown) == []
    assert client.problems(PARAMETER, {"name": UNKNOWN, "type": UNKNOWN, "value": UNKNOWN}) == []


# Secrets


def test_a_secret_input_leaves_as_a_secret(client: Client, account: Account) -> None:
    inputs = {"name": "/a/b", "type": "SecureString", "value": secret("hidden")}
    made = client.create(PARAMETER, "parameter", inputs)
    changed = client.update(made, {**inputs, "value": secret("hidden too")})

    assert made.outputs["value"] == secret("hidden")
    assert changed.outputs["value"] == secret("hidden too")
    assert account.of(PARAMETER)[0]["value"] == "hidden too", "tasks are given the plain value"


def test_a_random_password_is_secret_without_being_calls(client: Client) -> None:
    made = client.create(PASSWORD, "password", {"length": 20})

    assert property_bag.is_secret(made.outputs["result"])
    assert len(made["result"]) == 20


# What happens, and what goes wrong


def test_what_was_made_is_there_until_it_is_deleted(client: Client, account: Account) -> None:
    made = client.create(LOG_GROUP, "logs", {})
    assert client.exists(made)

    client.delete(made)

    assert not client.exists(made)
    assert account.of(LOG_GROUP) == []


def test_an_input_that_is_taken_out_is_gone_after_the_update(client: Client, account: Account) -> None:
    made = client.create(LOG_GROUP, "logs", {"retentionInDays": 7})

    changed = client.update(made, {})

    assert "retentionInDays" not in changed.outputs
    assert "retentionInDays" not in account.of(LOG_GROUP)[0]
    assert changed["arn"] == made["arn"]


def test_what_a_handler_reports_reaches_the_engine_without_secrets(client: Client) -> None:
    client.create(PARAMETER, "parameter", {"name": "/a/b", "type": "SecureString", "value": secret("hidden")})

    with pytest.raises(RefusedError) as refused:
        client.create(
            "aws:lb/listenerRule:ListenerRule",
            "rule",
            {"listenerArn": "hidden", "priority": 1, "conditions": [{}], "actions": [{"type": "hidden"}]},
        )

    assert "no action of type `[secret]`" in str(refused.value)


def test_a_bug_of_the_rehearsal_is_reported_as_one(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any) -> None:  # noqa: ANN401
        raise ZeroDivisionError("it cannot count")

    monkeypatch.setattr(Account, "remember", broken)

    with pytest.raises(RefusedError, match="internal error of the rehearsal: ZeroDivisionError: it cannot count"):
        client.create(LOG_GROUP, "logs", {})


def _create(client: Client, _made: Resource) -> None:
    client.create(LOG_GROUP, "more", {})


def _update(client: Client, made: Resource) -> None:
    client.update(made, {"retentionInDays": 14})


def _delete(client: Client, made: Resource) -> None:
    client.delete(made)


@pytest.mark.parametrize("operation", [_create, _update, _delete])
def test_a_stopped_account_changes_nothing_more(
    client: Client, account: Account, operation: Callable[[Client, Resource], None]
) -> None:
    made = client.create(LOG_GROUP, "logs", {"retentionInDays": 7})
    account.stopping.set()

    with pytest.raises(RefusedError, match="the rehearsal was stopped"):
        operation(client, made)

    assert [group["retentionInDays"] for group in account.of(LOG_GROUP)] == [7]


def test_a_diff_that_never_ends_shows_in_the_second_up(client: Client) -> None:
    """AWS keeps its own method for a value that is its own; the provider's default asks for another each time."""
    token = "aws:rds/parameterGroup:ParameterGroup"
    inputs: Properties = {"family": "postgres15", "parameters": [{"name": "rds.force_ssl", "value": "1"}]}
    made = client.create(token, "database", inputs)

    again = client.update(made, inputs)

    assert list(client.diff(made, inputs).diffs) == list(client.diff(again, inputs).diffs) == ["parameters"]


def test_a_refresh_finds_what_somebody_else_changed(client: Client, account: Account) -> None:
    made = client.create(LOG_GROUP, "logs", {"retentionInDays": 7})
    account.resources[LOG_GROUP][made.id]["retentionInDays"] = 30

    assert client.refresh(made)["retentionInDays"] == 30
    assert list(client.diff(client.refresh(made), {"retentionInDays": 7}).diffs) == ["retentionInDays"]


def test_a_refreshed_secret_stays_one(client: Client, account: Account) -> None:
    made = client.create(PARAMETER, "parameter", {"name": "/a/b", "type": "SecureString", "value": secret("hidden")})
    account.resources[PARAMETER][made.id]["value"] = "changed by hand"

    assert client.refresh(made).outputs["value"] == secret("changed by hand")


def test_so_does_one_inside_something(client: Client, account: Account) -> None:
    made = client.create(LOG_GROUP, "logs", {"tags": {"key": secret("hidden"), "other": "shown"}})
    account.resources[LOG_GROUP][made.id]["tags"] = {"key": "changed", "other": "shown"}

    assert client.refresh(made).outputs["tags"] == secret({"key": "changed", "other": "shown"})


def test_an_import_finds_all_that_aws_shows_by_the_id_that_pulumi_documents(client: Client) -> None:
    cluster = client.create("aws:ecs/cluster:Cluster", "main", {"name": "main"})
    assert client.imported("aws:ecs/cluster:Cluster", "main").id == cluster.id != "main"
    parameter: Properties = {"name": "/a/b", "type": "SecureString", "value": "hidden"}
    client.create(PARAMETER, "parameter", parameter)
    found = client.imported(PARAMETER, "/a/b")
    assert found.inputs == {**parameter, "value": secret("hidden")}, "also where no program said that it is one"
    assert found.outputs["value"] == secret("hidden")
    assert found["version"] == 1
    assert not client.imported(PARAMETER, "/a/c").id


def test_an_import_does_not_find_what_only_the_provider_knows(client: Client) -> None:
    made = client.create(TASK_DEFINITION, "backend", task_definition(skipDestroy=True))
    found = client.imported(TASK_DEFINITION, made.id)
    assert list(client.diff(found, task_definition(skipDestroy=True)).diffs) == ["skipDestroy"]


# A cloud that refuses


def test_an_operation_can_be_refused_before_it_does_anything(client: Client, account: Account) -> None:
    made = client.create(LOG_GROUP, "logs", {"name": "logs", "retentionInDays": 7})
    calls: list[tuple[str, str, str]] = []

    def refuse(operation: str, token: str, name: str) -> str:
        calls.append((operation, token, name))
        return "there is no room"

    client.provider.refuse = refuse
    for operation in (
        lambda: client.create(LOG_GROUP, "more", {"name": "more"}),
        lambda: client.update(made, {"name": "logs", "retentionInDays": 14}),
        lambda: client.delete(made),
    ):
        with pytest.raises(RefusedError, match="there is no room"):
            operation()

    assert calls == [("create", LOG_GROUP, "more"), ("update", LOG_GROUP, "logs"), ("delete", LOG_GROUP, "logs")]
    assert [(group["name"], group["retentionInDays"]) for group in account.of(LOG_GROUP)] == [("logs", 7)]
