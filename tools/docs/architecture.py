"""docs/architecture.md: layers, contracts, the way of a request and who may reach whom, from the programs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from conducky.catalog.property_bag import Properties, bag, bags
from conducky.contracts import BootstrapOutputs, Contract, PlatformOutputs, ServicesOutputs
from conducky.evaluation import Evaluation, Resource, evaluate
from conducky.repository import LAYERS, READS, ROOT
from tools.docs.markdown import table
from tools.docs.pages import write_generated_parts

PAGE = Path("docs") / "architecture.md"
CONTRACTS: Final = {kind.layer: kind for kind in (BootstrapOutputs, PlatformOutputs, ServicesOutputs)}
_WHO: Final = {
    "bootstrap": "an AWS admin, once",
    "platform": "the pipeline, or you",
    "services": "the pipeline, or you",
}
_ENTRANCES: Final[Mapping[str, Mapping[str, str]]] = {
    "load-balancer": {},
    "cloudfront": {"https": "cloudfront"},
    "http-api": {"entrance": "http-api"},
}
_GROUP, _SERVICE = "aws:ec2/securityGroup:SecurityGroup", "aws:ecs/service:Service"
_INWARD = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_OUTWARD = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


@dataclass(frozen=True)
class Deployment:
    """All three layers of `dev`, with some settings of platform changed."""

    layers: Mapping[str, Evaluation]

    @classmethod
    def of(cls, settings: Mapping[str, str], bootstrap: Evaluation) -> "Deployment":
        """Evaluate platform and services on a bootstrap that is evaluated already."""
        platform = evaluate("platform", config=settings)
        upstream = {"bootstrap": bootstrap.exports, "platform": platform.exports}
        services = evaluate("services", upstream=upstream)
        return cls({"bootstrap": bootstrap, "platform": platform, "services": services})

    def of_type(self, token: str) -> list[Resource]:
        """The resources of one type, of all layers; its last part is enough.

        By name: the SDK registers what does not depend on each other in any order.
        """
        every = (each for layer in self.layers.values() for each in layer.resources)
        found = [each for each in every if each.custom and token in (each.type, each.type.rpartition(":")[2])]
        return sorted(found, key=lambda each: each.urn)


def architecture_parts() -> dict[str, str]:
    """The generated parts of the page, by name."""
    bootstrap = evaluate("bootstrap")
    deployments = {name: Deployment.of(settings, bootstrap) for name, settings in _ENTRANCES.items()}
    usual = deployments["load-balancer"]
    return {
        "layers": _mermaid("LR", _layers(usual)),
        **{f"components-{layer}": _components(usual.layers[layer]) for layer in LAYERS},
        "contracts": _contracts(),
        "changes": after_changes(),
        "groups": _mermaid("LR", _groups(usual)),
        **{f"request-{name}": _mermaid("LR", _request(each)) for name, each in deployments.items()},
    }


def write_architecture_page(root: Path = ROOT) -> Path:
    """Replace the generated parts of the page in a repository, and return the file."""
    return write_generated_parts(root, PAGE, architecture_parts())


def readers(layer: str) -> list[str]:
    """The layers that read a layer's outputs, in the order in which they are deployed."""
    return [each for each in LAYERS if layer in READS[each]]


def after_changes() -> str:
    """What to run when the outputs that a layer promises are other ones."""
    rows: list[tuple[str, str, str]] = []
    for layer, contract in CONTRACTS.items():
        steps = [f"`make deploy LAYER={each}`" for each in (layer, *readers(layer))]
        steps[0] += " as an AWS admin" if layer == "bootstrap" else ""
        readers_ = " and ".join(readers(layer)) or "`conducky` and `make verify`"
        rows.append((f"an output of {layer} (`{contract.__name__}`)", readers_, ", then ".join(steps)))
    return table(("Changed", "Read by", "Run, for each stack"), rows)


def _layers(deployment: Deployment) -> Iterator[str]:
    for layer, evaluated in deployment.layers.items():
        count = sum(each.custom for each in evaluated.resources)
        yield f'{layer}["<b>{layer}</b><br>{_WHO[layer]}<br>{count} resources in dev"]'
    for layer in LAYERS:
        for reader in readers(layer):
            yield f'{layer} -- "{len(CONTRACTS[layer].model_fields)} outputs" --> {reader}'
    yield f'services -- "{len(CONTRACTS["services"].model_fields)} outputs" --> people(["conducky status, logs …"])'


def _components(evaluated: Evaluation) -> str:
    """Each component of a layer, with the types that it registers; the parts of a component count as its own."""
    owner = {each.urn: each for each in evaluated.resources}

    def component(resource: Resource) -> Resource:
        above = owner.get(resource.parent)
        return component(above) if above else resource

    made: dict[str, dict[str, int]] = {}
    for each in evaluated.resources:
        top = component(each)
        kinds = made.setdefault(top.type.rpartition(":")[2] if not top.custom else "no component", {})
        if each.custom:
            kind = each.type.rpartition(":")[2]
            kinds[kind] = kinds.get(kind, 0) + 1
    rows = [
        (f"`{name}`", ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(kinds.items())))
        for name, kinds in sorted(made.items())
    ]
    return table(("Component", "Resources"), rows)


def _contracts() -> str:
    rows = [
        (f"`{name}`", layer, _type(contract, name))
        for layer, contract in CONTRACTS.items()
        for name in contract.model_fields
    ]
    return table(("Output", "Of", "Type"), rows)


def _type(contract: type[Contract], name: str) -> str:
    """What is inside `Output[…]`, in words."""
    inner = str(get_args(contract.model_fields[name].annotation)[0])
    marks = {"^https?": "an address", ":.*)?$": "an ARN, or blank", "arn:aws": "an ARN"}
    marks |= {"Entrance": "one of two entrances", "list[str]": "a list of texts", "'str'": "a text"}
    marks |= {"'int'": "a whole number", "'bool'": "yes or no"}
    return next(words for mark, words in marks.items() if mark in inner)


def _groups(deployment: Deployment) -> Iterator[str]:
    """Each security group, and each connection that is allowed at both of its ends."""
    names = {_id(group): group.name.rpartition("-")[2] for group in deployment.of_type(_GROUP)}
    for name in names.values():
        yield f'{name}["{name}"]'
    outward = {_connection(rule, names) for rule in deployment.of_type(_OUTWARD)}
    for rule in deployment.of_type(_INWARD):
        into, source, port = _connection(rule, names)
        if source == "internet":
            yield f'internet(["the internet"]) -- "{port}" --> {into}'
        elif (source, into, port) in outward:
            yield f'{source} -- "{port}" --> {into}'
    for source, target, port in sorted(outward):
        if target == "internet":
            yield f'{source} -. "{port}" .-> aws(["AWS, and what egress names"])'


def _connection(rule: Resource, names: Mapping[str, str]) -> tuple[str, str, int]:
    """The group that a rule belongs to, the other end, and the port."""
    other = names.get(str(rule.inputs.get("referencedSecurityGroupId")), "internet")
    return names[str(rule.inputs["securityGroupId"])], other, int(str(rule.inputs["fromPort"]))


def _request(deployment: Deployment) -> Iterator[str]:
    """From a browser to each service and on to the database."""
    yield from _entrance(deployment)
    last = "api" if deployment.of_type("Api") else "balancer"
    for service in deployment.of_type(_SERVICE):
        name = service.name.rpartition("-")[2]
        port, health = _listens(deployment, service)
        yield f'{name}["<b>{name}</b><br>{service.inputs["desiredCount"]} task, port {port}<br>{health}"]'
        yield f'{last} -- "{_paths(deployment, service)}" --> {name}'
    (database,) = deployment.of_type("Instance")
    engine = f"Postgres {database.inputs['engineVersion']}"
    (rule,) = (each for each in deployment.of_type(_INWARD) if each.name == "database-from-backend")
    forced = any(each["name"] == "rds.force_ssl" and each["value"] == "1" for each in _parameters(deployment))
    port = f"{rule.inputs['fromPort']}{', TLS' if forced else ''}"
    yield f'backend -- "{port}" --> database[("{engine}")]'


def _parameters(deployment: Deployment) -> Iterator[Properties]:
    for group in deployment.of_type("ParameterGroup"):
        yield from bags(group.inputs, "parameters")


def _entrance(deployment: Deployment) -> Iterator[str]:
    if deployment.of_type("Api"):
        yield 'browser([browser]) -- "HTTPS 443" --> api["HTTP API"]'
        return
    (balancer,) = deployment.of_type("LoadBalancer")
    (listener,) = deployment.of_type("Listener")
    where = "internal" if balancer.inputs["internal"] else "public"
    port = f"{listener.inputs['protocol']} {listener.inputs['port']}"
    node = f'balancer["load balancer<br>{where}"]'
    if deployment.of_type("Distribution"):
        yield 'browser([browser]) -- "HTTPS 443" --> cdn["CloudFront"]'
        yield f'cdn -- "{port}, VPC origin" --> {node}'
    else:
        yield f'browser([browser]) -- "{port}" --> {node}'


def _listens(deployment: Deployment, service: Resource) -> tuple[object, str]:
    """The port of a service's container, and what checks its health."""
    for target in bags(service.inputs, "loadBalancers"):
        (group,) = (each for each in deployment.of_type("TargetGroup") if _arn(each) == target["targetGroupArn"])
        return target["containerPort"], f"health {bag(group.inputs, 'healthCheck')['path']}"
    return bag(service.inputs, "serviceRegistries")["containerPort"], "checks itself, Cloud Map"


def _paths(deployment: Deployment, service: Resource) -> str:
    """Which paths lead to a service: of the listener's rules, or the API's routes."""
    targets = {str(each["targetGroupArn"]) for each in bags(service.inputs, "loadBalancers")}
    for rule in deployment.of_type("ListenerRule"):
        if {str(each.get("targetGroupArn")) for each in bags(rule.inputs, "actions")} & targets:
            return ", ".join(_patterns(bags(rule.inputs, "conditions")))
    registry = bag(service.inputs, "serviceRegistries")["registryArn"]
    integrations = [each for each in deployment.of_type("Integration") if each.inputs["integrationUri"] == registry]
    keys = {f"integrations/{_id(each)}" for each in integrations}
    return ", ".join(
        str(each.inputs["routeKey"]) for each in deployment.of_type("Route") if each.inputs.get("target") in keys
    )


def _patterns(conditions: Iterable[Properties]) -> Iterator[str]:
    for condition in conditions:
        yield from map(str, bag(condition, "pathPattern")["values"])


def _arn(resource: Resource) -> str:
    return str(resource.outputs["arn"])


def _id(resource: Resource) -> str:
    return _arn(resource).rpartition("/")[2]


def _mermaid(direction: str, lines: Iterable[str]) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f"```mermaid\nflowchart {direction}\n{body}```"
