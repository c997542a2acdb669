"""Whether an AWS account is ready, as far as these credentials may see."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conducky.operations.doctor.account import Account, quotas
from conducky.operations.doctor.finding import Finding
from tests.fakes.aws_api import AwsApi


def one(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


def vpc(api: AwsApi, *zones: str, default: bool = True, region: str = "use1") -> None:
    api.answer("ec2.DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1"}] if default else []})
    subnets = [
        {"SubnetId": f"subnet-{zone}", "AvailabilityZone": zone, "AvailabilityZoneId": f"{region}-az{number}"}
        for number, zone in enumerate(zones, 1)
    ]
    api.answer("ec2.DescribeSubnets", {"Subnets": subnets})


def plan(kind: str) -> dict[str, Any]:
    return {"accountId": "123456789012", "accountPlanType": kind, "accountPlanStatus": "ACTIVE"}


def test_credentials_of_any_account_are_a_warning_with_the_setting(api: AwsApi) -> None:
    found = one(Account("dev").credentials())
    assert (found.level, "user/ada" in found.text) == ("warning", True)
    assert "config set accountId 123456789012 --stack dev" in found.fix


def test_a_region_without_a_service_is_wrong(api: AwsApi, monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(Account("dev").region()).level == "ok"
    monkeypatch.setenv("AWS_REGION", "xx-north-1")
    found = one(Account("dev").region())
    assert found.level == "wrong"
    assert "xx-north-1 has no ecs" in found.text


def test_a_default_vpc_with_two_zones_is_enough(api: AwsApi) -> None:
    vpc(api, "us-east-1a", "us-east-1b", "us-east-1c")
    found = one(Account("dev").network())
    assert (found.level, found.text) == ("ok", "the default VPC, zones us-east-1a and us-east-1b")


def test_no_default_vpc_has_a_command(api: AwsApi) -> None:
    vpc(api, default=False)
    found = one(Account("dev").network())
    assert (found.level, found.fix) == ("wrong", "run `aws ec2 create-default-vpc --region us-east-1`")


def test_a_zone_without_fargate_is_named_with_the_setting_that_avoids_it(
    api: AwsApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-west-1")
    vpc(api, "us-west-1a", "us-west-1b", "us-west-1c", region="usw1")
    found = one(Account("dev").network())
    assert found.level == "wrong"
    assert "us-west-1b cannot be used" in found.text
    assert """availabilityZones '["us-west-1a","us-west-1c"]'""" in found.fix


def test_one_usable_zone_is_not_enough(api: AwsApi) -> None:
    vpc(api, "us-west-1a", "us-west-1b", region="usw1")
    found = one(Account("dev").network())
    assert found.level == "wrong"
    assert "1 zones" in found.text


def test_roles_that_aws_will_create_are_a_warning(api: AwsApi) -> None:
    api.refuse("iam.GetRole", "NoSuchEntity")
    found = list(Account("dev").roles())
    assert [each.level for each in found] == ["warning"] * 4
    assert "--aws-service-name ecs.amazonaws.com" in found[0].fix


@pytest.mark.parametrize(
    ("look", "call"),
    [("network", "ec2.DescribeVpcs"), ("roles", "iam.GetRole"), ("plan", "freetier.GetAccountPlanState")],
)
def test_what_may_not_be_seen_is_no_failure(api: AwsApi, look: str, call: str) -> None:
    api.refuse(call, "AccessDenied")
    found = next(iter(getattr(Account("dev"), look)()))
    assert found.level == "unseen"
    assert "AccessDenied" in found.text


def test_a_free_plan_says_what_it_refuses_of_these_settings(api: AwsApi) -> None:
    credits_left = {"amount": 87.5, "unit": "USD"}
    api.answer("freetier.GetAccountPlanState", plan("FREE") | {"accountPlanRemainingCredits": credits_left})
    dev, prod = list(Account("dev").plan()), list(Account("prod").plan())
    assert "87.5 USD" in dev[0].text
    assert [each.level for each in dev] == ["ok", "unseen"]
    assert "`databaseBackupDays` is 7" in prod[1].text
    assert prod[1].level == "warning"


def test_new_accounts_holds_cannot_be_asked_and_their_words_are_given(api: AwsApi) -> None:
    api.answer("freetier.GetAccountPlanState", plan("PAID"))
    *_, hold = Account("dev").plan()
    assert hold.level == "unseen"
    assert "currently does not support creating load balancers" in hold.fix
    assert "AWS Support" in hold.fix


@pytest.fixture
def used(api: AwsApi) -> Callable[..., list[Finding]]:
    def look(**counts: int) -> list[Finding]:
        balancers = [
            {"LoadBalancerName": f"lb{number}", "LoadBalancerArn": "a"} for number in range(counts.get("balancers", 1))
        ]
        ours = {"LoadBalancerName": "conducky-dev-1a2b", "LoadBalancerArn": "arn:aws:ours"}
        limits = {"application-load-balancers": 50, "target-groups": 3000, "rules-per-application-load-balancer": 100}
        answers: dict[str, dict[str, Any]] = {
            "elbv2.DescribeAccountLimits": {
                "Limits": [{"Name": name, "Max": str(most)} for name, most in limits.items()]
            },
            "elbv2.DescribeLoadBalancers": {"LoadBalancers": [*balancers, ours]},
            "elbv2.DescribeTargetGroups": {"TargetGroups": [{}, {}]},
            "elbv2.DescribeListeners": {"Listeners": [{"ListenerArn": "l"}]},
            "elbv2.DescribeRules": {"Rules": [{}] * counts.get("rules", 3)},
            "rds.DescribeAccountAttributes": {
                "AccountQuotas": [{"AccountQuotaName": "DBInstances", "Used": counts.get("databases", 1), "Max": 40}]
            },
            "service-quotas.GetServiceQuota": {"Quota": {"Value": float(counts.get("vcpus", 6))}},
            "ssm.DescribeParameters": {"Parameters": [{}] * counts.get("parameters", 3)},
        }
        for call, answer in answers.items():
            api.answer(call, answer)
        return list(quotas(Account("dev")))

    return look


def test_quotas_that_have_room_are_ok(used: Callable[..., list[Finding]]) -> None:
    found = used()
    assert {each.level for each in found} == {"ok"}
    texts = [each.text for each in found]
    assert "load balancers: 2 of 50" in texts
    assert "rules of conducky-dev-1a2b: 3 of 100" in texts
    assert "Fargate Spot vCPUs that dev needs during a release: 1 of 6" in texts


@pytest.mark.parametrize(
    ("counts", "text", "fix"),
    [
        ({"balancers": 40}, "load balancers: 41 of 50", "--quota-code L-53DA6B97 --desired-value 100"),
        ({"databases": 33}, "databases: 33 of 40", "--service-code rds"),
        ({"rules": 90}, "rules of conducky-dev-1a2b: 90 of 100", "console of Service Quotas"),
        ({"vcpus": 1}, "1 of 1", "--service-code fargate"),
        ({"parameters": 8001}, "SSM parameters: 8001 of 10000", "console"),
    ],
)
def test_a_quota_over_80_per_cent_is_a_warning(
    used: Callable[..., list[Finding]], counts: dict[str, int], text: str, fix: str
) -> None:
    (found,) = [each for each in used(**counts) if each.level == "warning"]
    assert text in found.text
    assert fix in found.fix


def test_quotas_that_may_not_be_seen_hide_no_others(used: Callable[..., list[Finding]], api: AwsApi) -> None:
    used()
    api.refuse("service-quotas.GetServiceQuota", "AccessDeniedException")
    found = list(quotas(Account("dev")))
    assert [each.text for each in found if each.level == "unseen"] == ["the quotas of fargate (AccessDeniedException)"]
    assert len(found) == 6
