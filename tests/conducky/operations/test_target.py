"""Which stack a command is about: found by Pulumi's outputs, guarded by region and account, and without Pulumi too."""

import json
from dataclasses import replace

import pytest

from conducky.contracts import ServicesOutputs
from conducky.errors import UserError
from conducky.operations.target import Target, application, find_target
from tests.conducky.operations.conftest import OUTPUTS
from tests.fakes.aws_api import AwsApi
from tests.fakes.pulumi import FakePulumi


def test_names_region_and_account_come_from_what_services_exports(api: AwsApi, pulumi: FakePulumi) -> None:
    renamed = OUTPUTS | {"cluster_name": "another-cluster", "backend_log_group": "another-group"}
    pulumi.answer("services", "output", out=json.dumps(renamed))
    target = find_target("dev")
    assert (target.cluster, target.log_group("backend")) == ("another-cluster", "another-group")
    assert (target.region, target.account, target.why) == ("us-east-1", "123456789012", "")


def test_the_fixture_is_what_the_contract_promises() -> None:
    assert set(OUTPUTS) == set(ServicesOutputs.model_fields)


def test_without_pulumi_the_names_are_those_of_the_programs(
    api: AwsApi, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    target = find_target("dev")
    assert (target.cluster, target.service("backend")) == ("conducky-dev-cluster", "conducky-dev-backend")
    assert "pulumi" in target.why
    assert target.why in target.not_deployed("the cluster").problem


def test_a_command_is_for_the_place_where_the_stack_is(target: Target) -> None:
    assert target.command("start") == "`conducky start --stack dev`"
    assert replace(target, rehearsal=object()).command("start") == "`conducky start --stack dev --rehearsal`"


def test_what_a_rehearsal_has_not_leads_to_the_rehearsal(target: Target) -> None:
    error = replace(target, rehearsal=object()).not_deployed("the cluster conducky-dev-cluster")
    assert error.problem == "the rehearsal has no cluster conducky-dev-cluster"
    assert "make deploy" not in error.fix


def test_a_worker_may_be_there_where_pulumi_cannot_tell(target: Target) -> None:
    replace(target, outputs={}).require_application("worker")
    replace(target, outputs={**OUTPUTS, "worker_service_name": "conducky-dev-worker"}).require_application("worker")


def test_without_aws_region_the_stack_says_where_it_is(
    api: AwsApi, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    assert find_target("dev").region == "us-east-1"


def test_another_region_is_refused_with_the_right_one(
    api: AwsApi, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(UserError) as caught:
        find_target("dev")
    assert caught.value.fix == "run `export AWS_REGION=us-east-1`"


def test_another_account_is_refused(api: AwsApi, pulumi: FakePulumi) -> None:
    api.answer(
        "sts.GetCallerIdentity",
        {"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:user/eve", "UserId": "AIDA"},
    )
    with pytest.raises(UserError) as caught:
        find_target("dev")
    assert "999999999999" in caught.value.problem
    assert "123456789012" in caught.value.fix


def test_an_unknown_stack_lists_those_that_there_are(api: AwsApi, pulumi: FakePulumi) -> None:
    with pytest.raises(UserError) as caught:
        find_target("staging")
    assert "dev, prod" in caught.value.problem
    assert api.calls == []


def test_a_misspelt_service_gets_the_nearest_name() -> None:
    assert application("backend") == "backend"
    for wrong, right in (("bakend", "`backend`"), ("Frontend", "`frontend`"), ("front", "`frontend`")):
        with pytest.raises(UserError) as caught:
            application(wrong)
        assert caught.value.fix == f"use {right}"
    with pytest.raises(UserError) as caught:
        application("zzz")
    assert caught.value.fix == "use `backend` or `frontend` or `worker`"
