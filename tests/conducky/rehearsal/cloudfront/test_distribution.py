"""CloudFront before an internal load balancer: HTTPS on localhost, and nothing else reaches what is behind it."""

import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conducky.catalog.lookups import PREFIX_LIST
from tests.conducky.rehearsal.client import RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import INGRESS, LISTENER_RULE, TARGET_GROUP, DeployedService
from tests.conducky.rehearsal.load_balancer.balancer_fixture import App, wait_for

BALANCER, LISTENER = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener"
ORIGIN, DISTRIBUTION = "aws:cloudfront/vpcOrigin:VpcOrigin", "aws:cloudfront/distribution:Distribution"
SUBNET, TABLE = "aws:ec2/subnet:Subnet", "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ALL = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]


class Edge:
    """A distribution with everything behind it, to an application that says what it was sent."""

    def __init__(self, deployed: DeployedService, app: App) -> None:
        self.deployed, self.client, self.app = deployed, deployed.client, app
        self.table = self._create(TABLE, "private", vpcId="vpc-0")
        self.subnet = self._create(SUBNET, "private", vpcId="vpc-0", cidrBlock="172.31.255.224/27")
        self._create(ASSOCIATION, "private", subnetId=self.subnet.id, routeTableId=self.table.id)
        self.balancer = self._create(BALANCER, "inner", internal=True, subnets=[self.subnet.id])
        inputs = {**deployed.listener.inputs, "loadBalancerArn": self.balancer["arn"]}
        self.listener = self.client.create(LISTENER, "internal", inputs)
        group = self._create(
            TARGET_GROUP, "echo", name="echo", port=1, healthCheck={"path": "/health", "matcher": "200"}
        )
        self._create(
            LISTENER_RULE,
            "echo",
            listenerArn=self.listener["arn"],
            priority=1,
            conditions=[{"pathPattern": {"values": ["/*"]}}],
            actions=[{"type": "forward", "targetGroupArn": group["arn"]}],
        )
        server = deployed.load_balancers.server
        server.register(group["arn"], "127.0.0.1", self.app.port)
        wait_for(lambda: server.target_health(group["arn"])[0].state == "healthy", "the application is healthy")
        self.origin = self._create(ORIGIN, "cdn", vpcOriginEndpointConfig=self.endpoint())
        self.distribution = self.client.create(DISTRIBUTION, "cdn", self.inputs())

    def _create(self, token: str, name: str, /, **inputs: Any) -> Resource:  # noqa: ANN401
        return self.client.create(token, name, inputs)

    def endpoint(self, **changes: object) -> dict[str, object]:
        return {"name": "cdn", "arn": self.balancer["arn"], "httpPort": 80, "httpsPort": 443, **changes}

    def inputs(self, **changes: object) -> dict[str, object]:
        behavior = {"targetOriginId": "o", "responseHeadersPolicyId": "67f7725c-6f97-4210-82d7-5512b31e9d03"}
        return {
            "enabled": True,
            "aliases": ["app.example.com"],
            "origins": [
                {
                    "originId": "o",
                    "domainName": self.balancer["dnsName"],
                    "vpcOriginConfig": {"vpcOriginId": self.origin.id},
                }
            ],
            "defaultCacheBehavior": {**behavior, "allowedMethods": ALL, "originRequestPolicyId": "all"},
            "orderedCacheBehaviors": [
                {**behavior, "pathPattern": "/_next/static/*", "allowedMethods": ["GET", "HEAD"]}
            ],
            "restrictions": {"geoRestriction": {"restrictionType": "none"}},
            "viewerCertificate": {"cloudfrontDefaultCertificate": True},
            **changes,
        }

    @property
    def url(self) -> str:
        found = self.deployed.load_balancers.local_url(self.distribution["domainName"])
        assert found
        return found

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        trusted = ssl.create_default_context(cafile=self.deployed.account.authority.bundle)
        with httpx.Client(base_url=self.url, verify=trusted, trust_env=False) as client:
            return client.request(method, path, headers=headers)


@pytest.fixture
def app() -> Iterator[App]:
    made = App()
    yield made
    made.close()


@pytest.fixture
def edge(deployed: DeployedService, app: App) -> Edge:
    return Edge(deployed, app)


def seen(answer: httpx.Response) -> dict[str, str]:
    """The headers that the application got."""
    return {name: value for name, value in answer.json()["headers"]}  # noqa: C416  # pairs


def test_people_reach_the_application_by_https_only(edge: Edge) -> None:
    assert edge.url.startswith("https://localhost:")
    answer = edge.ask("/api/x?with=this", "POST")
    assert (answer.status_code, answer.json()["path"]) == (200, "/api/x?with=this")
    plain = edge.deployed.load_balancers.http_url(edge.distribution["domainName"])
    redirected = httpx.get(f"{plain}/api/x", trust_env=False)
    assert (redirected.status_code, redirected.headers["location"]) == (301, f"{edge.url}/api/x")
    assert edge.deployed.load_balancers.local_url("app.example.com") == edge.url


def test_nothing_but_the_distribution_reaches_the_load_balancer(edge: Edge) -> None:
    balancers = edge.deployed.load_balancers
    assert balancers.local_url(edge.balancer["dnsName"]) is None
    assert edge.listener.id not in balancers.listeners, "it has no port here, as it has no public address on AWS"


def test_the_viewers_address_and_scheme_reach_the_application(edge: Edge) -> None:
    headers = seen(edge.ask("/", **{"X-Forwarded-For": "192.0.2.7"}))
    claimed, viewer, interface = headers["x-forwarded-for"].split(", ")
    assert claimed == "192.0.2.7", "what a client claims comes before what the proxies saw"
    assert viewer in ("127.0.0.1", "::1"), "the second from the end, for `TRUSTED_PROXIES` 2"
    assert interface == "172.31.255.228", "the VPC origin's interface, an address of the private subnet"
    assert headers["cloudfront-forwarded-proto"] == "https"
    assert headers["host"] == edge.url.removeprefix("https://")


def test_browsers_are_told_to_stay_with_https(edge: Edge) -> None:
    assert edge.ask("/").headers["strict-transport-security"].startswith("max-age=")
    assert edge.ask("/").headers["x-content-type-options"] == "nosniff"


def test_what_nextjs_built_comes_without_what_is_the_viewers(edge: Edge) -> None:
    headers = seen(edge.ask("/_next/static/a.js", Cookie="session=1"))
    assert "cookie" not in headers
    assert headers["host"] == edge.balancer["dnsName"]
    assert edge.ask("/_next/static/a.js", "POST").status_code == 403


def test_a_deleted_distribution_answers_no_more(edge: Edge) -> None:
    edge.client.delete(edge.distribution)
    assert edge.deployed.load_balancers.local_url("app.example.com") is None


def test_what_is_behind_it_is_not_deleted_before_it(edge: Edge) -> None:
    with pytest.raises(RefusedError, match="CannotDeleteEntityWhileInUse"):
        edge.client.delete(edge.origin)
    with pytest.raises(RefusedError, match="currently associated with another service"):
        edge.client.delete(edge.balancer)


def test_an_origin_that_is_used_cannot_be_changed(edge: Edge) -> None:
    changed = {"vpcOriginEndpointConfig": edge.endpoint(httpPort=8080)}
    with pytest.raises(RefusedError, match=r"CannotUpdateEntityWhileInUse.*associated with one or more distributions"):
        edge.client.update(edge.origin, changed)
    edge.client.delete(edge.distribution)
    edge.client.update(edge.origin, changed)


def test_no_two_origins_have_the_same_name(edge: Edge) -> None:
    with pytest.raises(RefusedError, match="EntityAlreadyExists: A VPC origin with the name cdn already exists"):
        edge.client.create(ORIGIN, "other", {"vpcOriginEndpointConfig": edge.endpoint(httpPort=8080)})
    edge.client.create(ORIGIN, "other", {"vpcOriginEndpointConfig": edge.endpoint(name="other")})


def test_a_public_load_balancer_is_no_origin(edge: Edge) -> None:
    public = edge.endpoint(name="public", arn=edge.deployed.balancer["arn"])
    with pytest.raises(RefusedError, match="is not internal"):
        edge.client.create(ORIGIN, "public", {"vpcOriginEndpointConfig": public})


def test_its_subnets_have_to_be_private(edge: Edge) -> None:
    balancer = edge.client.create(BALANCER, "other", {"internal": True, "subnets": ["subnet-0default"]})
    with pytest.raises(RefusedError, match=r"subnet-0default, which is not private"):
        edge.client.create(
            ORIGIN, "other", {"vpcOriginEndpointConfig": edge.endpoint(name="other", arn=balancer["arn"])}
        )


@pytest.mark.parametrize("is_let_in", [False, True])
def test_a_service_behind_it_needs_cloudfronts_addresses_let_in(edge: Edge, is_let_in: bool) -> None:  # noqa: FBT001
    """A rule for everybody, or for the VPC's own addresses, lets none of them in."""
    deployed = edge.deployed
    group = deployed.groups["load-balancer"].id
    balancer = edge.client.create(
        BALANCER, "closed", {"internal": True, "subnets": [edge.subnet.id], "securityGroups": [group]}
    )
    listener = edge.client.create(LISTENER, "closed", {**deployed.listener.inputs, "loadBalancerArn": balancer["arn"]})
    edge.client.delete(deployed.listener_rule)
    rule = {**deployed.listener_rule.inputs, "listenerArn": listener["arn"]}
    edge.client.create(LISTENER_RULE, "closed", rule)
    to_port = {"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 80, "toPort": 80}
    if is_let_in:
        edge.client.create(INGRESS, "cloudfront", {**to_port, "prefixListId": PREFIX_LIST})
        deployed.deploy(deployed.version("one"))
        return
    edge.client.create(INGRESS, "vpc", {**to_port, "cidrIpv4": "172.31.0.0/16"})
    with pytest.raises(RefusedError, match="CloudFront cannot reach the load balancer on port 80"):
        deployed.deploy(deployed.version("one"))


CERTIFICATE, VALIDATION = "aws:acm/certificate:Certificate", "aws:acm/certificateValidation:CertificateValidation"


def test_a_certificate_is_issued_once_every_name_is_proven(deployed: DeployedService) -> None:
    names = {"domainName": "app.example.com", "subjectAlternativeNames": ["www.app.example.com"]}
    certificate = deployed.client.create(CERTIFICATE, "one", {**names, "validationMethod": "DNS"})
    wanted = {"certificateArn": certificate["arn"]}
    for number, option in enumerate(certificate["domainValidationOptions"]):
        with pytest.raises(RefusedError, match=f"PENDING_VALIDATION: {option['domainName']} is not proven"):
            deployed.client.create(VALIDATION, f"early {number}", wanted)
        record = {
            "zoneId": "Z0",
            "name": option["resourceRecordName"],
            "type": "CNAME",
            "records": [option["resourceRecordValue"]],
        }
        deployed.client.create("aws:route53/record:Record", f"proof {number}", record)
    deployed.client.create(VALIDATION, "now", wanted)
