"""HTTP APIs with their stages, routes and integrations, and the Cloud Map services that tasks register in."""

from urllib.parse import urlsplit

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.gateway.http_api import HttpApi, parse_integration
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.load_balancer.target_group import HealthCheck, TargetGroup


class Gateways:
    """The HTTP APIs of an account by id. `served_by` has their ports, and the instances of the Cloud Map services."""

    def __init__(self, account: Account, served_by: LoadBalancers) -> None:
        self._account = account
        self._served_by = served_by
        self.apis: dict[str, HttpApi] = {}

    def create_api(self, request: Request) -> Properties:
        """Listen; nothing but 404 comes before there is a stage and a route."""
        api = self.apis[str(request.outputs["arn"]).rpartition("/")[2]] = HttpApi()
        self._served_by.serve([urlsplit(str(request.outputs["apiEndpoint"])).netloc], str(request.outputs["arn"]), api)
        return {}

    def delete_api(self, request: Request) -> None:
        """Stop listening."""
        self.apis.pop(str(request.outputs["arn"]).rpartition("/")[2], None)
        self._served_by.remove(str(request.outputs["arn"]))

    def put_stage(self, request: Request) -> Properties:
        """Deploy the API."""
        self._api(request.inputs).stages[_last(request)] = str(request.inputs["name"])
        return {}

    def delete(self, request: Request) -> None:
        """Remove a stage, an integration or a route; deleted with its API, it is gone already."""
        if api := self.apis.get(str(request.outputs["apiId"])):
            for found in (api.stages, api.integrations, api.routes):
                found.pop(_last(request), None)

    def put_integration(self, request: Request) -> Properties:
        """Add or change an integration."""
        link = str(request.inputs.get("connectionId"))
        problem = f"BadRequestException: there is no VPC link {link}"
        self._account.need("aws:apigatewayv2/vpcLink:VpcLink", problem, "create it in platform/http_api.py", id=link)
        self._api(request.inputs).integrations[_last(request)] = parse_integration(request.inputs)
        return {}

    def put_route(self, request: Request) -> Properties:
        """Add or change a route."""
        api, target = self._api(request.inputs), str(request.inputs.get("target")).removeprefix("integrations/")
        if target not in api.integrations:
            raise ResourceFailedError(
                f"NotFoundException: there is no integration {target}", "create it in services/gateway_route.py"
            )
        api.routes[_last(request)] = (str(request.inputs["routeKey"]), target)
        return {}

    def create_registry(self, request: Request) -> Properties:
        """A Cloud Map service. Its instances are as healthy as ECS says at each moment, and are not drained."""
        arn = str(request.outputs["arn"])
        check = HealthCheck(healthy_threshold=1, unhealthy_threshold=1)
        self._served_by.server.put_target_group(TargetGroup(arn, str(request.inputs["name"]), check, 0))
        return {}

    def delete_registry(self, request: Request) -> None:
        """Refuse while tasks are registered."""
        arn = str(request.outputs["arn"])
        if self._served_by.server.target_health(arn):
            raise ResourceFailedError(
                f"ResourceInUse: the Cloud Map service {request.outputs['name']} contains registered instances",
                "let the ECS service depend on it, so that it goes first",
            )
        self._served_by.server.remove_target_group(arn)

    def _api(self, properties: Properties) -> HttpApi:
        api = self.apis.get(str(properties["apiId"]))
        if api is None:
            raise ResourceFailedError(f"NotFoundException: there is no API {properties['apiId']}", "create it first")
        return api


def _last(request: Request) -> str:
    """The id of what is below an API."""
    return str(request.outputs["arn"]).rpartition("/")[2]
