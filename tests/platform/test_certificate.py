"""HTTPS with a hosted zone: the certificate proves itself by records, and the names lead to the load balancers."""

import grpc
import pytest

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.naming import Place
from tests.iam.deployments import CLOUDFRONT, HOSTED_ZONE

CERTIFICATE, VALIDATION = "aws:acm/certificate:Certificate", "aws:acm/certificateValidation:CertificateValidation"
RECORD, LISTENER = "aws:route53/record:Record", "aws:lb/listener:Listener"


class NoZoneError(grpc.RpcError):
    """What the provider answers for a zone that is not there."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "no matching Route 53 Hosted Zone found"


@pytest.fixture(scope="module")
def zone() -> Evaluation:
    return evaluate("platform", config=HOSTED_ZONE | {"loadBalancers": "dedicated"})


@pytest.fixture(scope="module")
def abroad() -> Evaluation:
    return evaluate("platform", config=CLOUDFRONT, variables={"AWS_REGION": "eu-west-1"})


def records(made: Evaluation, kind: str) -> dict[str, Properties]:
    return {str(each.inputs["name"]): each.inputs for each in made.of(RECORD) if each.inputs["type"] == kind}


def test_one_certificate_covers_every_name(zone: Evaluation) -> None:
    inputs = zone.one(CERTIFICATE).inputs
    assert inputs["domainName"] == "app.example.com"
    assert {*inputs["subjectAlternativeNames"]} == {"www.app.example.com", "api.app.example.com"}
    assert inputs["validationMethod"] == "DNS"


def test_each_name_is_proven_by_its_own_record(zone: Evaluation) -> None:
    proofs = records(zone, "CNAME")
    wanted = {
        each["resourceRecordName"]: each["resourceRecordValue"]
        for each in zone.one(CERTIFICATE).outputs["domainValidationOptions"]
    }
    assert {name: inputs["records"] for name, inputs in proofs.items()} == {
        name: [value] for name, value in wanted.items()
    }
    assert len(wanted) == 3


def test_listeners_wait_until_it_is_issued(zone: Evaluation) -> None:
    arn = zone.one(VALIDATION).inputs["certificateArn"]
    for name in ("alb-https", "api-https"):
        assert zone.one(LISTENER, name).inputs["certificateArn"] == arn
    assert len(zone.one(VALIDATION).inputs["validationRecordFqdns"]) == 3


def test_names_lead_to_their_load_balancers(zone: Evaluation) -> None:
    hosts = {each.name: each.outputs["dnsName"] for each in zone.of("aws:lb/loadBalancer:LoadBalancer")}
    targets = {name: inputs["aliases"][0]["name"] for name, inputs in records(zone, "A").items()}
    assert targets == {
        "app.example.com": hosts["conducky-dev-alb"],
        "www.app.example.com": hosts["conducky-dev-alb"],
        "api.app.example.com": hosts["conducky-dev-api"],
    }


def test_the_certificate_of_cloudfront_is_in_us_east_1(abroad: Evaluation) -> None:
    """The one exception to the stack's region."""
    assert abroad.one(CERTIFICATE).inputs["region"] == abroad.one(VALIDATION).inputs["region"] == "us-east-1"
    elsewhere = [each.name for each in abroad.resources if each.inputs.get("region") not in (None, "us-east-1")]
    assert elsewhere == []


def test_names_lead_to_the_distribution_by_both_protocols(abroad: Evaluation) -> None:
    distribution = abroad.one("aws:cloudfront/distribution:Distribution")
    assert distribution.inputs["aliases"] == ["app.example.com", "www.app.example.com"]
    for kind in ("A", "AAAA"):
        found = records(abroad, kind)
        assert {*found} == {*distribution.inputs["aliases"]}
        names = {inputs["aliases"][0]["name"] for inputs in found.values()}
        assert names == {distribution.outputs["domainName"]}


def test_a_zone_of_somebody_else_is_refused_before_anything_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_arguments: Properties, _place: Place) -> Properties:
        raise NoZoneError

    monkeypatch.setitem(lookups.LOOKUPS, "aws:route53/getZone:getZone", none)
    with pytest.raises(UserError, match=r"the public zone example.com .* is not in this account.*no matching"):
        evaluate("platform", config=HOSTED_ZONE)
