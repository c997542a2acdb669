"""Which resource types do something in a rehearsal; all others need only what the catalog answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties, bags
from conducky.rehearsal.account import Account, Request
from conducky.rehearsal.cloudfront import Distributions
from conducky.rehearsal.cloudwatch import CloudWatch
from conducky.rehearsal.containers import ContainerEngine
from conducky.rehearsal.ecs import Services, TaskDefinitions
from conducky.rehearsal.gateway import Gateways
from conducky.rehearsal.images import Images
from conducky.rehearsal.load_balancer import LoadBalancers
from conducky.rehearsal.notifications import Notifications
from conducky.rehearsal.postgres import Databases
from conducky.rehearsal.s3 import Buckets
from conducky.rehearsal.scaling import Scaling
from conducky.rehearsal.scheduler import Schedules
from conducky.settings.application import Application

_SUBNET = "aws:ec2/subnet:Subnet"
_GET_SUBNETS, _GET_SUBNET = (f"aws:ec2/getSubnet{s}:getSubnet{s}" for s in ("s", ""))


@dataclass(frozen=True)
class Handler:
    """What creating, updating and deleting a resource does; the first two return further outputs.

    `is_there` is whether a refresh still finds it, by its outputs in the state. Each raises `ResourceFailedError` for
    what AWS would refuse, `UserError` for what is wrong locally.
    """

    create: Callable[[Request], Properties] = lambda _: {}
    update: Callable[[Request], Properties] = lambda _: {}
    delete: Callable[[Request], None] = lambda _: None
    is_there: Callable[[Properties], bool] = lambda _: True


class StandIns:
    """The stand-ins of one account. `port` is the local port of its first listener, `engine` what runs containers.

    With `insisted`, nothing runs on the host instead. With `develop`, as `Images` says.
    """

    def __init__(
        self,
        account: Account,
        port: int,
        engine: ContainerEngine | None = None,
        *,
        insisted: bool = False,
        develop: Mapping[str, Application] | None = None,
    ) -> None:
        account.lookups["aws:iam/getRoles:getRoles"] = partial(_roles, account)
        account.lookups[_GET_SUBNETS] = partial(_subnets, account)
        account.lookups[_GET_SUBNET] = partial(_subnet, account)
        self.images = Images(account, engine, insisted=insisted, develop=develop)
        self.databases = Databases(account)
        self.buckets = Buckets(account)
        self.load_balancers = LoadBalancers(account, port, develop=develop is not None)
        self.gateways = Gateways(account, self.load_balancers)
        self.distributions = Distributions(account, self.load_balancers)
        self.task_definitions = TaskDefinitions(account)
        self.cloudwatch = CloudWatch(account, self.load_balancers)
        self.services = Services(account, self.images, self.databases, self.load_balancers, self.cloudwatch)
        self.scaling = Scaling(account, self.services, self.cloudwatch)
        self.notifications = Notifications(account, self.services, self.databases, self.cloudwatch)
        self.schedules = Schedules(account, self.databases, self.services)

    def handlers(self) -> dict[str, Handler]:
        """The handlers by type token."""
        images, databases, balancers, services = self.images, self.databases, self.load_balancers, self.services
        gateways, distributions, notifications = self.gateways, self.distributions, self.notifications
        buckets = self.buckets
        return {
            "docker-build:index:Image": Handler(images.build, images.build, is_there=images.is_there),
            "aws:ecr/repository:Repository": Handler(delete=images.delete_repository),
            "aws:rds/instance:Instance": Handler(databases.create, databases.update, databases.delete),
            "aws:rds/parameterGroup:ParameterGroup": Handler(update=databases.change_parameters),
            "aws:rds/subnetGroup:SubnetGroup": Handler(update=databases.change_subnets),
            "aws:ssm/parameter:Parameter": Handler(update=_next_version),
            "aws:s3/bucket:Bucket": Handler(delete=buckets.delete),
            "aws:s3/bucketPolicy:BucketPolicy": Handler(buckets.put_policy, buckets.put_policy),
            **dict.fromkeys(
                (
                    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
                    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                ),
                Handler(buckets.configure, buckets.configure),
            ),
            "aws:lb/loadBalancer:LoadBalancer": Handler(buckets.deliver, buckets.deliver, balancers.delete),
            "aws:lb/listener:Listener": Handler(
                balancers.put_listener, balancers.put_listener, balancers.delete_listener
            ),
            "aws:lb/listenerRule:ListenerRule": Handler(balancers.put_rule, balancers.put_rule, balancers.delete_rule),
            "aws:lb/targetGroup:TargetGroup": Handler(balancers.put_group, balancers.put_group, balancers.delete_group),
            "aws:acm/certificateValidation:CertificateValidation": Handler(distributions.validate),
            "aws:cloudfront/distribution:Distribution": Handler(
                distributions.put, distributions.put, distributions.delete
            ),
            "aws:cloudfront/vpcOrigin:VpcOrigin": Handler(distributions.require_origin, distributions.change_origin),
            "aws:apigatewayv2/api:Api": Handler(gateways.create_api, delete=gateways.delete_api),
            "aws:apigatewayv2/stage:Stage": Handler(gateways.put_stage, gateways.put_stage, gateways.delete),
            "aws:apigatewayv2/integration:Integration": Handler(
                gateways.put_integration, gateways.put_integration, gateways.delete
            ),
            "aws:apigatewayv2/route:Route": Handler(gateways.put_route, gateways.put_route, gateways.delete),
            "aws:servicediscovery/service:Service": Handler(gateways.create_registry, delete=gateways.delete_registry),
            "aws:scheduler/schedule:Schedule": Handler(self.schedules.put, self.schedules.put),
            "aws:appautoscaling/target:Target": Handler(self.scaling.register),
            "aws:cloudwatch/metricAlarm:MetricAlarm": Handler(notifications.put_alarm, notifications.put_alarm),
            "aws:cloudwatch/eventTarget:EventTarget": Handler(notifications.put_target, notifications.put_target),
            "aws:sns/topicSubscription:TopicSubscription": Handler(notifications.subscribe),
            "aws:ecs/taskDefinition:TaskDefinition": Handler(self.task_definitions.register),
            "aws:ecs/service:Service": Handler(services.create, services.update, services.delete),
        }


def _roles(account: Account, arguments: Properties) -> Properties:
    """The service-linked roles below a path; the programs ask for no others."""
    prefix = str(arguments.get("pathPrefix") or "/")
    roles = account.of("aws:iam/serviceLinkedRole:ServiceLinkedRole")
    found = [role for role in roles if str(role["path"]).startswith(prefix)]
    return {"names": [role["name"] for role in found], "arns": [role["arn"] for role in found]}


def _subnets(account: Account, arguments: Properties) -> Properties:
    """The default VPC's subnets: those that were created are not among the default ones."""
    found = lookups.answer(_GET_SUBNETS, arguments, account.place) or {}
    of_default = any(each["name"] == "default-for-az" for each in bags(arguments, "filters"))
    created = [] if of_default else account.of(_SUBNET)
    return {**found, "ids": [*found["ids"], *(each["id"] for each in created)]}


def _subnet(account: Account, arguments: Properties) -> Properties | None:
    created = account.find(_SUBNET, id=arguments["id"])
    return created or lookups.answer(_GET_SUBNET, arguments, account.place)


def _next_version(request: Request) -> Properties:
    """Every change of a parameter's value is a new version."""
    changed = request.inputs.get("value") != request.outputs.get("value")
    return {"version": int(request.outputs["version"]) + changed}
