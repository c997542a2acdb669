"""Load balancers, listeners, rules and target groups: one local port for each listener."""

from collections.abc import Sequence
from dataclasses import replace

from conducky.catalog.property_bag import Properties, bag, bags
from conducky.rehearsal.account import Account, Request, protected
from conducky.rehearsal.load_balancer.balancer import LoadBalancer
from conducky.rehearsal.load_balancer.proxy import Listener, RuleListener
from conducky.rehearsal.load_balancer.refusals import require_listener, require_rule
from conducky.rehearsal.load_balancer.routing import Redirect, parse_actions, parse_rule
from conducky.rehearsal.load_balancer.target_group import parse_target_group

_NEVER = 10**9
_PATIENCE_SECONDS = 20.0
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_LISTENER = "aws:lb/listener:Listener"
_HSTS = "routingHttpResponseStrictTransportSecurityHeaderValue"


class LoadBalancers:
    """The load balancers of an account, all served by one `server`. `listeners` are local ports by listener ARN.

    The server also has what else `serve` was called for. `hosts` are their ARNs by protocol, by AWS host name.
    `port` is the preferred local port of the first listener; the others take the next free ones. A domain leads to the
    load balancer that has it in its tag `Domain`: what its owner would have in DNS. With `develop`, the targets are
    servers that start again at each change: they need not know the health check's path.
    """

    def __init__(self, account: Account, port: int, *, develop: bool = False) -> None:
        self._account = account
        self._develop = develop
        self._port = port
        self.server = LoadBalancer(log=account.folder.path / "logs" / "load-balancer.log")
        self.listeners: dict[str, int] = {}
        self.hosts: dict[str, dict[str, str]] = {}
        self._siblings: dict[str, dict[int, int]] = {}

    def serve(self, hosts: Sequence[str], arn: str, listener: Listener, *, beside: int = 0) -> int:
        """Serve at a local port, so many beside the preferred one, what has these names on AWS; the port."""
        port = self.listeners[arn] = self.server.serve(arn, self._port + beside, listener)
        for host in hosts:
            self.hosts.setdefault(host, {})["https" if listener.tls else "http"] = arn
        return port

    def remove(self, arn: str) -> None:
        """Stop serving what `serve` began."""
        self.server.remove_listener(arn)
        self.listeners.pop(arn, None)
        left = {host: {by: each for by, each in arns.items() if each != arn} for host, arns in self.hosts.items()}
        self.hosts = {host: arns for host, arns in left.items() if arns}

    def put_listener(self, request: Request) -> Properties:
        """Listen, or change what a listener does by default."""
        arn = str(request.outputs["arn"])
        require_listener(self._account, arn, request.inputs)
        siblings = self._siblings.setdefault(str(request.inputs["loadBalancerArn"]), {})
        listener = RuleListener(parse_actions(bags(request.inputs, "defaultActions")), siblings=siblings)
        if request.inputs.get("protocol") == "HTTPS":
            listener.tls = self._account.authority.server_context(*self._domains(request.inputs))
        if hsts := request.inputs.get(_HSTS):
            listener.added = {"Strict-Transport-Security": str(hsts)}
        # People open the port that they chose, so a listener that only leads elsewhere takes the one beside it
        wanted = self.listeners.get(arn, self._port + isinstance(listener.default, Redirect))
        balancer = self._account.find(_BALANCER, arn=request.inputs["loadBalancerArn"]) or {}
        port = self.server.put_listener(arn, None if balancer.get("internal") else wanted, listener)
        if port:
            self.listeners[arn] = siblings[int(request.inputs["port"])] = port
        return {}

    def delete_listener(self, request: Request) -> None:
        """Stop listening."""
        self.remove(str(request.outputs["arn"]))

    def put_rule(self, request: Request) -> Properties:
        """Add or change a rule."""
        require_rule(self._account, str(request.outputs["arn"]), request.inputs)
        rule = parse_rule(str(request.outputs["arn"]), request.inputs)
        self.server.put_rule(str(request.inputs["listenerArn"]), rule)
        return {}

    def delete_rule(self, request: Request) -> None:
        """Remove a rule."""
        self.server.remove_rule(str(request.outputs["arn"]))

    def put_group(self, request: Request) -> Properties:
        """Add or change a target group."""
        group = parse_target_group(str(request.outputs["arn"]), {**request.outputs, **request.inputs})
        if self._develop:
            group.health = replace(group.health, connects_only=True, healthy_threshold=1, unhealthy_threshold=_NEVER)
            group.patience = _PATIENCE_SECONDS
        self.server.put_target_group(group)
        return {}

    def delete_group(self, request: Request) -> None:
        """Remove a target group."""
        self.server.remove_target_group(str(request.outputs["arn"]))

    def delete(self, request: Request) -> None:
        """Refuse while the load balancer is protected; it goes with its listeners."""
        if request.outputs.get("enableDeletionProtection"):
            raise protected(f"the load balancer {request.outputs['name']}")

    def local_url(self, host: str) -> str | None:
        """The local URL of what has this AWS host name or domain, by HTTPS if it can; None while it has no listener."""
        ports = self._ports(host)
        return f"{max(ports)}://localhost:{ports[max(ports)]}" if ports else None

    def http_url(self, host: str) -> str | None:
        """Where what has HTTPS also answers without it; None where it does not, or has no HTTPS."""
        ports = self._ports(host)
        return f"http://localhost:{ports['http']}" if len(ports) > 1 else None

    def _ports(self, host: str) -> dict[str, int]:
        """The local ports by protocol."""
        if host in self.hosts:
            return {by: self.listeners[arn] for by, arn in self.hosts[host].items()}
        return {
            str(listener.get("protocol") or "HTTP").lower(): self.listeners[listener["arn"]]
            for balancer in self._account.of(_BALANCER)
            if host in _hosts(balancer)
            for listener in self._account.of(_LISTENER)
            if listener.get("loadBalancerArn") == balancer["arn"] and listener["arn"] in self.listeners
        }

    def urls(self) -> dict[str, str]:
        """Each AWS host name and its local URL."""
        hosts = [*self.hosts, *(host for balancer in self._account.of(_BALANCER) for host in _hosts(balancer))]
        return {host: url for host in hosts if (url := self.local_url(host))}

    def _domains(self, listener: Properties) -> list[str]:
        balancer = self._account.find(_BALANCER, arn=listener["loadBalancerArn"]) or {}
        return _hosts(balancer)[1:]


def _hosts(balancer: Properties) -> list[str]:
    """The AWS host name of a load balancer, and its domain if it has one."""
    domain = bag(balancer, "tags").get("Domain")
    return [str(balancer.get("dnsName")), *([str(domain)] if domain else [])]
