"""What each type costs, also of types that the programs do not use yet."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pulumi_aws as aws
import pytest

from conducky.catalog.types import CATALOG
from conducky.cost.bill import Basis, Line, Resource, Usage, total
from conducky.cost.prices import read_prices
from conducky.cost.pricing import FREE, PRICED, price
from conducky.errors import UserError

SERVICE, TASKS = "aws:ecs/service:Service", "aws:ecs/taskDefinition:TaskDefinition"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def resource(token: str, name: str = "thing", **inputs: Any) -> Resource:  # noqa: ANN401
    return Resource("services", token, name, inputs, {**inputs, "arn": f"arn:{name}"})


@pytest.fixture
def priced() -> Callable[..., list[Line]]:
    """The lines for some resources."""

    def lines(*resources: Resource, usage: Usage | None = None) -> list[Line]:
        basis = Basis(resources, "us-east-1", read_prices(), usage or Usage())
        return [line for token in {each.type for each in resources} for line in price(token, basis.of(token), basis)]

    return lines


def service(count: int, *strategy: dict[str, Any], **more: Any) -> tuple[Resource, Resource]:  # noqa: ANN401
    """A service of x86_64 tasks of 1 vCPU and 2 GB: 36.0399 a month each on demand, 10.81197 on Spot."""
    definition = resource(TASKS, "task", cpu="1024", memory="2048", **more)
    inputs = {"capacityProviderStrategies": list(strategy)} if strategy else {}
    return definition, resource(SERVICE, "backend", taskDefinition="arn:task", desiredCount=count, **inputs)


def test_every_type_of_the_catalog_is_priced_or_free_for_a_reason() -> None:
    assert CATALOG.keys() <= PRICED.keys() | FREE.keys()
    assert not PRICED.keys() & FREE.keys()
    assert all(FREE.values())


@pytest.mark.parametrize("token", [token for token in (*PRICED, *FREE) if token.startswith("aws:")])
def test_every_type_is_one_of_the_provider(token: str) -> None:
    found = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token)
    assert found
    assert hasattr(getattr(aws, found[1]), found[2])


def test_an_unknown_type_is_refused_by_name(priced: Callable[..., list[Line]]) -> None:
    with pytest.raises(UserError) as error:
        priced(resource("aws:wafv2/webAcl:WebAcl", "firewall"))
    assert "aws:wafv2/webAcl:WebAcl" in error.value.problem
    assert "conducky/cost/pricing.py" in error.value.fix


@pytest.mark.parametrize(
    ("lines", "by_hand"),
    [
        (service(2), "72.08"),
        (service(2, {"capacityProvider": "FARGATE_SPOT", "weight": 1}), "21.62"),
        # One on demand at least, the other three half and half.
        (
            service(
                4,
                {"capacityProvider": "FARGATE", "base": 1, "weight": 1},
                {"capacityProvider": "FARGATE_SPOT", "weight": 1},
            ),
            "106.32",
        ),
        # More is wanted of the base than there are tasks.
        (service(1, {"capacityProvider": "FARGATE_SPOT", "base": 3, "weight": 1}), "10.81"),
        # 30 GB beyond the 20 that are included: 30 x 730 x 0.000111
        (service(1, ephemeralStorage={"sizeInGib": 50}), "38.47"),
        (service(0), "0.00"),
    ],
)
def test_tasks_cost_by_size_count_and_capacity(
    priced: Callable[..., list[Line]], lines: tuple[Resource, ...], by_hand: str
) -> None:
    assert total(priced(*lines)) == Decimal(by_hand)


def test_capacity_that_is_not_fargate_is_refused(priced: Callable[..., list[Line]]) -> None:
    with pytest.raises(UserError, match="my-servers"):
        priced(*service(1, {"capacityProvider": "my-servers", "weight": 1}))


@pytest.mark.parametrize(
    ("inputs", "by_hand"),
    [
        ({"subnets": ["a", "b"]}, "23.73"),
        ({"subnets": list("abcdef")}, "38.33"),
        ({"subnetMappings": [{"subnetId": "a"}, {"subnetId": "b"}]}, "23.73"),
        ({"subnets": ["a", "b"], "internal": True}, "16.43"),
    ],
)
def test_a_load_balancer_pays_for_an_address_in_each_subnet(
    priced: Callable[..., list[Line]], inputs: dict[str, Any], by_hand: str
) -> None:
    assert total(priced(resource(BALANCER, "alb", **inputs))) == Decimal(by_hand)


BUCKET = resource("aws:s3/bucket:Bucket", "logs", bucket="logs")


def _kept(days: int) -> Resource:
    rules = [{"id": "expire", "status": "Enabled", "expiration": {"days": days}}]
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    return resource(token, "logs", bucket="logs", rules=rules)


@pytest.mark.parametrize(
    ("requests", "days", "by_hand"),
    [
        # 200 bytes a line: 0.1 GB a month, and 12 months of it, 1.2 GB x 0.023
        ("0.5", 365, "0.03"),
        # 20 GB a month, kept for 90 days: 59.18 GB x 0.023
        ("100", 90, "1.36"),
    ],
)
def test_access_logs_cost_by_requests_and_the_days_that_they_are_kept(
    priced: Callable[..., list[Line]], requests: str, days: int, by_hand: str
) -> None:
    usage = Usage(million_requests=Decimal(requests))
    assert total(priced(BUCKET, _kept(days), usage=usage)) == Decimal(by_hand)


def test_a_bucket_that_forgets_nothing_has_no_price(priced: Callable[..., list[Line]]) -> None:
    with pytest.raises(UserError, match="keeps everything"):
        priced(BUCKET)


def test_a_network_load_balancer_has_no_price_and_is_refused(priced: Callable[..., list[Line]]) -> None:
    with pytest.raises(UserError, match="network load balancer"):
        priced(resource(BALANCER, "nlb", loadBalancerType="network", subnets=["a", "b"]))


@pytest.mark.parametrize(
    ("lines", "by_hand"),
    [
        ([resource("aws:ec2/natGateway:NatGateway"), resource("aws:ec2/eip:Eip")], "36.50"),
        ([resource("aws:ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Interface", subnetIds=["a", "b"])], "14.60"),
        ([resource("aws:ec2/vpcEndpoint:VpcEndpoint", vpcEndpointType="Gateway")], "0.00"),
        ([resource(ALARM, f"alarm-{number}") for number in range(12)], "0.20"),
        ([resource("aws:cloudwatch/dashboard:Dashboard", f"board-{number}") for number in range(4)], "3.00"),
        ([resource("aws:scheduler/schedule:Schedule")], "0.00"),
        ([resource("aws:route53/zone:Zone")], "0.50"),
        ([resource("aws:secretsmanager/secret:Secret", str(number)) for number in range(3)], "1.20"),
        ([resource("aws:kms/key:Key")], "1.00"),
        ([resource("aws:cloudfront/distribution:Distribution")], "0.00"),
        ([resource("aws:budgets/budget:Budget", limitAmount="50")], "0.00"),
    ],
)
def test_the_rest_has_its_price(priced: Callable[..., list[Line]], lines: list[Resource], by_hand: str) -> None:
    assert total(priced(*lines)) == Decimal(by_hand)


@pytest.mark.parametrize(("hours", "by_hand"), [(24, "1.20"), (12, "1.20")])
def test_an_http_api_costs_its_requests_and_cloud_map_the_tasks(
    priced: Callable[..., list[Line]], hours: int, by_hand: str
) -> None:
    """Half a million requests at $1.00 a million, a private zone, and two tasks at $0.10 each, whole months."""
    entrance = [
        resource("aws:apigatewayv2/api:Api"),
        resource("aws:apigatewayv2/vpcLink:VpcLink"),
        resource("aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace"),
        resource("aws:servicediscovery/service:Service", "frontend"),
        resource("aws:servicediscovery/service:Service", "backend"),
    ]
    definition, backend = service(1)
    registered = replace(backend, inputs={**backend.inputs, "serviceRegistries": {"registryArn": "arn:backend"}})
    other = replace(backend, inputs={**backend.inputs, "serviceRegistries": {"registryArn": "arn:frontend"}})
    lines = priced(*entrance, definition, registered, other, usage=Usage(hours_per_day=Decimal(hours)))
    assert total([line for line in lines if not line.what.startswith("Fargate")]) == Decimal(by_hand)


def test_usage_beyond_what_is_free_is_charged(priced: Callable[..., list[Line]]) -> None:
    groups = [resource("aws:cloudwatch/logGroup:LogGroup", name) for name in ("frontend", "backend")]
    assert total(priced(*groups, usage=Usage(log_gb=Decimal(5)))) == 0
    assert total(priced(*groups, usage=Usage(log_gb=Decimal(7)))) == 1


@pytest.mark.parametrize(
    "costly",
    [
        resource("aws:ssm/parameter:Parameter", tier="Advanced"),
        resource("aws:ecs/cluster:Cluster", settings=[{"name": "containerInsights", "value": "enhanced"}]),
    ],
)
def test_what_would_cost_an_unknown_amount_is_refused(priced: Callable[..., list[Line]], costly: Resource) -> None:
    with pytest.raises(UserError) as error:
        priced(costly)
    assert error.value.fix


def test_every_price_has_a_source_with_a_date() -> None:
    prices = read_prices()
    for item in prices.items:
        for region in ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2"):
            found = prices.of(item, region)
            assert found.source
            assert re.fullmatch(r"20\d\d(-\d\d){0,2}", found.date)
    assert prices.regions == ["ap-southeast-2", "eu-central-1", "eu-west-1", "us-east-1", "us-west-2"]
