"""The way in from the internet without a load balancer: an HTTP API of API Gateway, which finds tasks in Cloud Map."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from network import Network

from conducky.naming import Names


@dataclass(frozen=True)
class HttpApiArgs:
    """Where the API reaches the tasks from."""

    names: Names
    network: Network
    security_group_id: pulumi.Input[str]


class HttpApi(pulumi.ComponentResource):
    """A public API with HTTPS on AWS's own name, that answers 404 until the services layer adds its routes."""

    url: pulumi.Output[str]

    def __init__(self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:HttpApi", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Not annotated above, where the SDK would load them for every stack
        self.api = aws.apigatewayv2.Api(args.names.of(name), protocol_type="HTTP", opts=child)
        aws.apigatewayv2.Stage(name, api_id=self.api.id, name="$default", auto_deploy=True, opts=child)
        self.link = aws.apigatewayv2.VpcLink(
            args.names.of(name),
            subnet_ids=[*args.network.subnet_ids],
            security_group_ids=[args.security_group_id],
            # In other subnets it would be another link, and AWS deletes none that the integrations of the services
            # layer name. From where it is it reaches tasks in every zone of the VPC.
            # https://github.com/hashicorp/terraform-provider-aws/issues/12195
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["subnet_ids"]),
        )
        self.namespace = aws.servicediscovery.PrivateDnsNamespace(
            name, name=f"{args.names.of('services')}.internal", vpc=args.network.vpc_id, opts=child
        )
        self.url = self.api.api_endpoint
        self.register_outputs({"url": self.url})
