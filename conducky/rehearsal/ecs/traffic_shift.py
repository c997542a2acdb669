"""How ECS moves traffic from one target group to the other, by the weights of the listener's rule.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html
"""

from dataclasses import dataclass

from conducky.catalog.property_bag import Properties, bag, bags
from conducky.rehearsal.account import Account, ResourceFailedError
from conducky.rehearsal.cloudwatch.resource import MINUTE
from conducky.rehearsal.ecs.permissions import require_permission
from conducky.rehearsal.load_balancer.balancer import LoadBalancer
from conducky.rehearsal.load_balancer.routing import Forward, parse_actions, parse_rule

_ALL = 100
_DESCRIBE = ("Listeners", "Rules", "TargetGroups", "TargetHealth")
_FIX = "correct services/route.py"


@dataclass(frozen=True)
class TrafficShift:
    """One deployment that gets its traffic in steps: `inputs` are the service's, in the group that has none yet."""

    account: Account
    server: LoadBalancer
    inputs: Properties

    @classmethod
    def of(
        cls, account: Account, server: LoadBalancer, inputs: Properties, before: Properties | None
    ) -> "TrafficShift":
        """The shift of a service that is asked to run `inputs`; `before` is what it runs.

        Raises:
            ResourceFailedError: ECS refuses it, or cannot do it, in its own words.
        """
        if any("advancedConfiguration" not in way for way in bags(inputs, "loadBalancers")):
            raise ResourceFailedError(
                "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment "
                "strategy",
                "add it in services/service_entrance.py",
            )
        if before and _groups(before) != _groups(inputs):
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-rolling-to-bluegreen.html
            raise ResourceFailedError(
                "invalid networking configuration: the revision that serves has other target groups",
                "let services/traffic_shift.py roll first",
            )
        (way,) = bags(inputs, "loadBalancers")
        weights = _weights(account, inputs)
        serving = [arn for arn, weight in weights.items() if weight]
        if {*weights} != _groups(inputs):
            raise ResourceFailedError(
                "For Application LoadBalancer, testListenerRule is required when productionListenerRule is not "
                "associated with both targetGroup and alternateTargetGroup",
                _FIX,
            )
        if len(serving) != 1:
            raise ResourceFailedError(
                "invalid networking configuration. productionListenerRule should have exactly one target group "
                f"serving traffic but found {len(serving)}",
                _FIX,
            )
        (idle,) = {*weights} - {*serving}
        advanced = {**way["advancedConfiguration"], "alternateTargetGroupArn": serving[0]}
        aside = {**way, "targetGroupArn": idle, "advancedConfiguration": advanced}
        _require_role(account, str(advanced["roleArn"]), str(advanced["productionListenerRule"]), [*weights])
        return cls(account, server, {**inputs, "loadBalancers": [aside]})

    @property
    def steps(self) -> list[tuple[int, float]]:
        """How much of the traffic the new revision gets, in percent, and for how many seconds it is watched then."""
        configuration = bag(self.inputs, "deploymentConfiguration")
        last = _ALL, _seconds(configuration, "bakeTimeInMinutes")
        canary = bag(configuration, "canaryConfiguration")
        if configuration["strategy"] != "CANARY":
            return [last]
        return [(int(canary["canaryPercent"]), _seconds(canary, "canaryBakeTimeInMinutes")), last]

    def give(self, percent: int) -> None:
        """Give the new revision so much of the traffic."""
        (way,) = bags(self.inputs, "loadBalancers")
        new, old = way["targetGroupArn"], way["advancedConfiguration"]["alternateTargetGroupArn"]
        rule = _rule(self.account, self.inputs)
        groups = [{"arn": new, "weight": percent}, {"arn": old, "weight": _ALL - percent}]
        # In the order that they had: what is new is the weights.
        known = [*_weights(self.account, self.inputs)]
        groups.sort(key=lambda each: known.index(str(each["arn"])))
        rule["actions"] = [{"type": "forward", "forward": {"targetGroups": groups}}]
        self.server.put_rule(str(rule["listenerArn"]), parse_rule(str(rule["arn"]), rule))


def shifts(inputs: Properties) -> bool:
    """Whether a service's releases get their traffic in steps."""
    return bag(inputs, "deploymentConfiguration").get("strategy", "ROLLING") != "ROLLING"


def _groups(inputs: Properties) -> set[str]:
    """The target groups of a service."""
    ways = bags(inputs, "loadBalancers")
    others = (bag(way, "advancedConfiguration").get("alternateTargetGroupArn") for way in ways)
    return {str(arn) for arn in (*(way["targetGroupArn"] for way in ways), *others) if arn}


def _rule(account: Account, inputs: Properties) -> Properties:
    (way,) = bags(inputs, "loadBalancers")
    arn = way["advancedConfiguration"]["productionListenerRule"]
    problem = f"productionListenerRule {arn} does not exist"
    return account.need("aws:lb/listenerRule:ListenerRule", problem, _FIX, arn=arn)


def _weights(account: Account, inputs: Properties) -> dict[str, int]:
    """The weight of each target group in the rule."""
    action = parse_actions(bags(_rule(account, inputs), "actions"))
    if not isinstance(action, Forward):
        raise ResourceFailedError("productionListenerRule does not forward", _FIX)
    return dict(action.weights) or {action.target_group_arn: _ALL}


def _require_role(account: Account, role: str, rule: str, groups: list[str]) -> None:
    """What AWS's AmazonECSInfrastructureRolePolicyForLoadBalancers allows, on what it is needed for."""
    needed = [(f"Describe{what}", "*") for what in _DESCRIBE] + [("ModifyRule", rule)]
    needed += [(f"{verb}Targets", group) for verb in ("Register", "Deregister") for group in groups]
    for action, resource in needed:
        require_permission(account, role, f"elasticloadbalancing:{action}", resource)


def _seconds(configuration: Properties, name: str) -> float:
    return int(configuration[name]) * MINUTE
