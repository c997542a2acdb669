"""Load balancers, listeners, rules and target groups: one local port for each listener."""

from dataclasses import replace

from conducky.catalog.property_bag import Properties, bags
from conducky.rehearsal.account import Account, Request, protected
from conducky.rehearsal.load_balancer.balancer import LoadBalancer
from conducky.rehearsal.load_balancer.proxy import Listener
from conducky.rehearsal.load_balancer.refusals import require_listener, require_rule
from conducky.rehearsal.load_balancer.routing import parse_actions, parse_rule
from conducky.rehearsal.load_balancer.target_group import Target, parse_target_group

_NEVER = 10**9
_PATIENCE_SECONDS = 20.0
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"


class LoadBalancers:
    """The load balancers of an account, all served by one `server`. `listeners` are local ports by listener ARN.

    The server also has what else `serve` was called for. `hosts` are their ARNs by AWS host name.
    `port` is the preferred local port of the first listener; the others take the next free ones. With `develop`, the
    targets are servers that start again at each change: they need not know the health check's path.
    """

    def __init__(self, account: Account, port: int, *, develop: bool = False) -> None:
        self._account = account
        self._develop = develop
        self._port = port
        self.server = LoadBalancer(log=account.folder.path / "logs" / "load-balancer.log")
        self.listeners: dict[str, int] = {}
        self.hosts: dict[str, str] = {}

    def serve(self, host: str, arn: str, listener: Listener) -> None:
        """Serve at a local port what is `host` on AWS."""
        self.listeners[arn] = self.server.serve(arn, self._port, listener)
        self.hosts[host] = arn

    def remove(self, arn: str) -> None:
        """Stop serving what `serve` began."""
        self.server.remove_listener(arn)
        self.listeners.pop(arn, None)
        self.hosts = {host: other for host, other in self.hosts.items() if other != arn}

    def put_listener(self, request: Request) -> Properties:
        """Listen, or change what a listener does by default."""
        arn = str(request.outputs["arn"])
        require_listener(self._account, arn, request.inputs)
        wanted = self.listeners.get(arn, self._port)
        self.listeners[arn] = self.server.put_listener(
            arn, wanted, parse_actions(bags(request.inputs, "defaultActions"))
        )
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
        """The local URL of what has this AWS host name; None while it has no listener."""
        if host in self.hosts:
            return f"http://localhost:{self.listeners[self.hosts[host]]}"
        balancer = self._account.find(_BALANCER, dnsName=host)
        for listener, port in list(self.listeners.items()):
            outputs = self._account.find("aws:lb/listener:Listener", arn=listener) or {}
            if balancer and outputs.get("loadBalancerArn") == balancer["arn"]:
                return f"http://localhost:{port}"
        return None

    def urls(self) -> dict[str, str]:
        """Each AWS host name and its local URL."""
        hosts = [*self.hosts, *(str(outputs["dnsName"]) for outputs in self._account.of(_BALANCER))]
        return {host: url for host in hosts if (url := self.local_url(host))}

    def targets(self) -> list[Target]:
        """The targets of all target groups."""
        return self.server.all_targets()
