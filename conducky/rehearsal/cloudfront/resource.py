"""Distributions and their VPC origins, and the certificates that records prove."""

from ipaddress import ip_network

from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.cloudfront.edge import Behavior, Edge
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.load_balancer.proxy import RuleListener
from conducky.rehearsal.load_balancer.routing import Redirect

_BALANCER, _LISTENER = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener"
_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_SUBNET, _RECORD = "aws:ec2/subnet:Subnet", "aws:route53/record:Record"
_SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
_TO_HTTPS = Redirect(301, protocol="HTTPS", port="443")


class Distributions:
    """The distributions of an account; `served_by` has their local ports."""

    def __init__(self, account: Account, served_by: LoadBalancers) -> None:
        self._account = account
        self._served_by = served_by

    def require_origin(self, request: Request) -> Properties:
        """A VPC origin: an internal load balancer in private subnets, as CloudFront asks."""
        arn = bag(request.inputs, "vpcOriginEndpointConfig").get("arn")
        problem = f"EntityNotFound: the load balancer {arn} does not exist"
        balancer = self._account.need(_BALANCER, problem, "create it first", arn=arn)
        if not balancer.get("internal"):
            raise ResourceFailedError(
                f"InvalidArgument: the load balancer {balancer['name']} is not internal",
                "create it with `internal` in platform/load_balancer.py",
            )
        for ident in texts(balancer, "subnets"):
            if not self._is_private(ident):
                raise ResourceFailedError(
                    f"the load balancer {balancer['name']} is in the subnet {ident}, which is not private",
                    "give it those of platform/private_subnets.py",
                )
        return {"status": "Deployed"}

    def change_origin(self, request: Request) -> Properties:
        """The same of a changed one, which no distribution may use.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
        """
        ident = str(request.outputs["arn"]).rpartition("/")[2]
        for each in self._account.of(_DISTRIBUTION):
            if any(bag(origin, "vpcOriginConfig").get("vpcOriginId") == ident for origin in bags(each, "origins")):
                raise ResourceFailedError(
                    f"CannotUpdateEntityWhileInUse: The specified VPC origin is currently associated with one or more "
                    f"distributions ({each['id']})",
                    "have it replaced instead, with `replace_on_changes` in platform/distribution.py",
                )
        return self.require_origin(request)

    def put(self, request: Request) -> Properties:
        """Serve a distribution at a local port by HTTPS, and send to it what comes by HTTP to the next one."""
        self.delete(request)
        arn, host = str(request.outputs["arn"]), str(request.outputs["domainName"])
        domains = texts(request.inputs, "aliases")
        edge = Edge(*self._wired(request.inputs))
        edge.tls = self._account.authority.server_context(host, *domains)
        port = self._served_by.serve([host, *domains], arn, edge)
        plain = RuleListener(_TO_HTTPS, siblings={443: port})
        self._served_by.serve([host, *domains], f"{arn}#http", plain, beside=1)
        return {}

    def delete(self, request: Request) -> None:
        """Serve it no more."""
        for arn in (str(request.outputs["arn"]), f"{request.outputs['arn']}#http"):
            self._served_by.remove(arn)

    def validate(self, request: Request) -> Properties:
        """Issue a certificate whose every name has its record; on AWS the wait would end without it."""
        arn = request.inputs["certificateArn"]
        certificate = self._account.find("aws:acm/certificate:Certificate", arn=arn) or {}
        records = {str(record["name"]).rstrip("."): texts(record, "records") for record in self._account.of(_RECORD)}
        for option in bags(certificate, "domainValidationOptions"):
            if option["resourceRecordValue"] not in records.get(str(option["resourceRecordName"]).rstrip("."), ()):
                raise ResourceFailedError(
                    f"the certificate {arn} stays PENDING_VALIDATION: {option['domainName']} is not proven",
                    "create its record in platform/certificate.py",
                )
        certificate["status"] = "ISSUED"
        return {}

    def _wired(self, inputs: Properties) -> tuple[RuleListener, str, list[Behavior], str]:
        (origin,) = bags(inputs, "origins")
        ident = bag(origin, "vpcOriginConfig").get("vpcOriginId")
        problem, fix = f"InvalidOrigin: there is no VPC origin {ident}", "see platform/distribution.py"
        found = self._account.need("aws:cloudfront/vpcOrigin:VpcOrigin", problem, fix, id=ident)
        endpoint = bag(found, "vpcOriginEndpointConfig")
        balancer = self._account.find(_BALANCER, arn=endpoint["arn"]) or {}
        if origin.get("domainName") != balancer.get("dnsName"):
            raise ResourceFailedError(f"{origin.get('domainName')} is not the name of the VPC origin's load balancer")
        for listener in self._account.of(_LISTENER):
            if listener["loadBalancerArn"] == endpoint["arn"] and int(listener["port"]) == int(endpoint["httpPort"]):
                serving = self._served_by.server.rule_listener(str(listener["arn"]))
                return serving, str(balancer["dnsName"]), _behaviors(inputs), self._address(balancer)
        raise ResourceFailedError(
            f"nothing listens at port {endpoint['httpPort']} of the load balancer behind the VPC origin",
            "let the distribution depend on its listener",
        )

    def _address(self, balancer: Properties) -> str:
        """The address of the VPC origin's network interface, which is in a subnet of its load balancer."""
        subnet = self._account.find(_SUBNET, id=texts(balancer, "subnets")[0]) or {}
        return str(ip_network(str(subnet["cidrBlock"]))[4])  # AWS keeps the first four

    def _is_private(self, ident: str) -> bool:
        tables = {
            each["routeTableId"]
            for each in self._account.of("aws:ec2/routeTableAssociation:RouteTableAssociation")
            if each.get("subnetId") == ident
        }
        routes = [
            route
            for table in self._account.of("aws:ec2/routeTable:RouteTable")
            if table["id"] in tables
            for route in bags(table, "routes")
        ]
        return bool(tables) and not any(str(route.get("gatewayId")).startswith("igw-") for route in routes)


def _behaviors(inputs: Properties) -> list[Behavior]:
    given = [*bags(inputs, "orderedCacheBehaviors"), {**bag(inputs, "defaultCacheBehavior"), "pathPattern": "*"}]
    return [
        Behavior(
            str(each["pathPattern"]),
            frozenset(texts(each, "allowedMethods")),
            bool(each.get("originRequestPolicyId")),
            each.get("responseHeadersPolicyId") == _SECURITY_HEADERS,
        )
        for each in given
    ]
