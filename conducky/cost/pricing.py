"""What each type of AWS resource costs: a function for each that costs anything, a reason for each that does not.

A type that is in neither table is refused: an estimate never passes over what it does not know.
"""

import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from conducky.catalog.property_bag import bag, bags
from conducky.cost.bill import HOURS, Basis, Line, Resource, Usage
from conducky.errors import UserError, quoted

Pricing = Callable[[list[Resource], Basis], Iterator[Line]]

_SERVICE, _TASK_DEFINITION = "aws:ecs/service:Service", "aws:ecs/taskDefinition:TaskDefinition"
_IPV4 = "public IPv4 address"
_PROCESSORS = {"ARM64": "arm64", "X86_64": "x86_64"}
_CAPACITIES = {"FARGATE": "on-demand", "FARGATE_SPOT": "Spot"}
_INCLUDED_STORAGE = 20  # GB of a task's own disk
_DAYS = HOURS / 24  # in a month
_GB_A_MILLION = Decimal("0.2")  # of access logs: 200 bytes a line, compressed
_EXPIRING = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_NO_PRICE = "leave it out, or say what it costs in conducky/cost/pricing.py"


def _fargate(services: list[Resource], basis: Basis) -> Iterator[Line]:
    """Tasks by vCPU, memory, storage above 20 GB, processor and capacity, and the public address of each."""
    definitions = {definition.outputs["arn"]: definition.inputs for definition in basis.of(_TASK_DEFINITION)}
    for service in services:
        definition = definitions[service.inputs["taskDefinition"]]
        processor = _PROCESSORS[bag(definition, "runtimePlatform").get("cpuArchitecture") or "X86_64"]
        cpu, memory = (_number(definition[key]) / 1024 for key in ("cpu", "memory"))  # vCPU and GB
        disk = _number(bag(definition, "ephemeralStorage").get("sizeInGib") or _INCLUDED_STORAGE)
        for kind, count in _capacity(service):
            hours = count * basis.hours
            used = {
                "vCPU": (cpu, f", {processor}"),
                "memory": (memory, f", {processor}"),
                "storage": (disk - _INCLUDED_STORAGE, ""),
            }
            for item, (size, suffix) in used.items():
                name, what = f"Fargate {item}{suffix}", f"Fargate {kind} {item}{suffix}"
                thing = f"{kind} task" if item == "vCPU" else ""
                if size:
                    spot = kind == "Spot"
                    yield basis.line(service, name, size * hours, what=what, spot=spot, thing=thing, count=count)
            if bag(service.inputs, "networkConfiguration").get("assignPublicIp"):
                yield basis.line(service, _IPV4, hours, thing=_IPV4, count=count)


def _capacity(service: Resource) -> Iterator[tuple[str, Decimal]]:
    """How many tasks each kind of capacity runs: the base of each provider first, the rest by weight."""
    wanted = _number(service.inputs.get("desiredCount", 1))
    strategy = bags(service.inputs, "capacityProviderStrategies") or [{"capacityProvider": "FARGATE", "weight": 1}]
    rest = wanted - sum(min(_number(each.get("base") or 0), wanted) for each in strategy)
    weights = sum(_number(each.get("weight") or 0) for each in strategy)
    for each in strategy:
        if (kind := _CAPACITIES.get(str(each["capacityProvider"]))) is None:
            raise UserError(
                f"{quoted(service.name)} runs on {quoted(each['capacityProvider'])}, whose price is not known",
                _NO_PRICE,
            )
        share = rest * _number(each.get("weight") or 0) / weights if weights else Decimal(0)
        if count := min(_number(each.get("base") or 0), wanted) + share:
            yield kind, count


def _load_balancers(balancers: list[Resource], basis: Basis) -> Iterator[Line]:
    """Its hours, and a public address in each of its subnets. A small team's capacity units (LCU) are cents."""
    for balancer in balancers:
        item = f"{balancer.inputs.get('loadBalancerType') or 'application'} load balancer"
        yield basis.line(balancer, item, HOURS, thing=item)
        if not balancer.inputs.get("internal"):
            subnets = len(balancer.inputs.get("subnets") or bags(balancer.inputs, "subnetMappings"))
            yield basis.line(balancer, _IPV4, HOURS * subnets, thing=_IPV4, count=subnets)


def _databases(databases: list[Resource], basis: Basis) -> Iterator[Line]:
    """The instance and its storage, both twice with a standby; backups up to the size of the storage are free."""
    for database in databases:
        copies, standby = (2, ", Multi-AZ") if database.inputs.get("multiAz") else (1, "")
        instance = f"RDS {database.inputs['instanceClass']}"
        storage, size = (
            f"RDS storage, {database.inputs.get('storageType') or 'gp2'}",
            _number(database.inputs["allocatedStorage"]),
        )
        what, thing = instance + standby, f"{database.inputs['instanceClass']} instance"
        yield basis.line(database, instance, basis.hours * copies, what=what, thing=thing, count=copies)
        yield basis.line(database, storage, size * copies, what=storage + standby, thing="GB of storage", count=size)
        if database.inputs.get("backupRetentionPeriod"):
            yield basis.line(database, "RDS backups", Decimal(0), what=f"RDS backups beyond {size} GB")


def _buckets(buckets: list[Resource], basis: Basis) -> Iterator[Line]:
    """A line for each request, as long as the bucket keeps it. One that keeps everything costs more each month."""
    kept = {
        each.inputs["bucket"]: max(
            _number(bag(rule, "expiration").get("days") or 0) for rule in bags(each.inputs, "rules")
        )
        for each in basis.of(_EXPIRING)
    }
    for bucket in buckets:
        days = kept.get(bucket.outputs["bucket"])
        if not days:
            raise UserError(
                f"{quoted(bucket.name)} keeps everything for ever, so nobody knows what it costs", _NO_PRICE
            )
        stored = basis.usage.million_requests * _GB_A_MILLION * days / _DAYS
        yield basis.line(bucket, "S3 storage", stored, thing="day of access logs", count=days)


def _shared(item: str, label: str, used: Callable[[Usage], Decimal]) -> Pricing:
    """What all resources of a type use together, as one line."""

    def price(resources: list[Resource], basis: Basis) -> Iterator[Line]:
        free = basis.price(item).free
        what = f"{item} beyond {free} {basis.price(item).unit}" if free else item
        yield basis.line(resources[0], item, max(used(basis.usage) - free, Decimal(0)), what=what, label=label)

    return price


def _each(item: str, units: Callable[[Resource, Basis], Decimal] = lambda _resource, _basis: Decimal(1)) -> Pricing:
    """So many units for each resource, less what is free for all of them together."""

    def price(resources: list[Resource], basis: Basis) -> Iterator[Line]:
        free = basis.price(item).free
        for resource in resources:
            used = units(resource, basis)
            yield basis.line(resource, item, max(used - free, Decimal(0)), thing=item)
            free = max(free - used, Decimal(0))

    return price


def _registered_tasks(registry: Resource, basis: Basis) -> Decimal:
    """The tasks of the services that register with a Cloud Map service; each counts for the whole month."""
    counts = (
        _number(service.inputs.get("desiredCount", 1))
        for service in basis.of(_SERVICE)
        if bag(service.inputs, "serviceRegistries").get("registryArn") == registry.outputs.get("arn")
    )
    return sum(counts, Decimal(0))


def _free_unless(costs: Callable[[Resource], object]) -> Pricing:
    """Free, but for what costs an unknown amount: `costs` names it, or is empty."""

    def price(resources: list[Resource], _basis: Basis) -> Iterator[Line]:
        for resource in resources:
            if extra := costs(resource):
                raise UserError(f"{quoted(resource.name)} has {extra}, whose price is not known", _NO_PRICE)
        return iter(())

    return price


def _insights(cluster: Resource) -> bool | str:
    """Container Insights bills metrics, and nobody knows beforehand how many."""
    on = any(setting.get("value") != "disabled" for setting in bags(cluster.inputs, "settings"))
    return on and "Container Insights"


def _paid_tier(parameter: Resource) -> bool | str:
    return parameter.inputs.get("tier", "Standard") != "Standard" and f"the tier {parameter.inputs['tier']}"


def _endpoints(endpoints: list[Resource], basis: Basis) -> Iterator[Line]:
    """Interface endpoints by subnet; gateway endpoints are free."""
    for endpoint in endpoints:
        if endpoint.inputs.get("vpcEndpointType") == "Interface":
            zones = len(endpoint.inputs.get("subnetIds") or [])
            yield basis.line(endpoint, "interface endpoint", HOURS * zones, thing="endpoint address", count=zones)


def _number(value: object) -> Decimal:
    return Decimal(str(value))


PRICED: dict[str, Pricing] = {
    "aws:apigatewayv2/api:Api": _shared("HTTP API", "api", lambda usage: usage.million_requests),
    "aws:cloudfront/distribution:Distribution": _shared(
        "CloudFront traffic", "cloudfront", lambda usage: usage.traffic_gb
    ),
    "aws:cloudwatch/dashboard:Dashboard": _each("dashboard"),
    "aws:cloudwatch/logGroup:LogGroup": _shared("log data", "logs", lambda usage: usage.log_gb),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _each("alarm"),
    "aws:ec2/eip:Eip": _each(_IPV4, lambda _eip, _basis: HOURS),
    "aws:ec2/natGateway:NatGateway": _each("NAT gateway", lambda _gateway, _basis: HOURS),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoints,
    "aws:ecr/repository:Repository": _shared("images in ECR", "repositories", lambda usage: usage.image_gb),
    "aws:ecs/cluster:Cluster": _free_unless(_insights),
    _SERVICE: _fargate,
    "aws:kms/key:Key": _each("encryption key"),
    "aws:lb/loadBalancer:LoadBalancer": _load_balancers,
    "aws:rds/instance:Instance": _databases,
    "aws:route53/zone:Zone": _each("hosted zone"),
    "aws:s3/bucket:Bucket": _buckets,
    "aws:scheduler/schedule:Schedule": _each("scheduled call", lambda _schedule, _basis: Decimal("0.0001")),
    "aws:secretsmanager/secret:Secret": _each("secret"),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": _each("hosted zone"),
    "aws:servicediscovery/service:Service": _each("Cloud Map instance", _registered_tasks),
    "aws:ssm/parameter:Parameter": _free_unless(_paid_tier),
}

FREE: dict[str, str] = {
    token: reason
    for reason, tokens in tomllib.loads((Path(__file__).parent / "free.toml").read_text("utf-8")).items()
    for token in tokens
}


def price(token: str, resources: list[Resource], basis: Basis) -> Iterator[Line]:
    """The lines for all resources of a type, none of a free one. Raises UserError when it is in neither table."""
    if token not in PRICED and token not in FREE:
        raise UserError(f"nobody has said what {token} costs ({quoted(resources[0].name)})", _NO_PRICE)
    return PRICED[token](resources, basis) if token in PRICED else iter(())
