"""What Elastic Load Balancing refuses of listeners and rules, in its own words.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""

from conducky.catalog.property_bag import Properties, bag, bags, texts
from conducky.rehearsal.account import Account, ResourceFailedError

_LISTENER = "aws:lb/listener:Listener"
_RULE = "aws:lb/listenerRule:ListenerRule"
RULES = 100  # of a load balancer, not counting defaults
LISTENERS = 50
CONDITION_VALUES = 5
MESSAGE_CHARACTERS = 1024


def require_listener(account: Account, arn: str, listener: Properties) -> None:
    """Refuse what a listener may not be.

    Raises:
        ResourceFailedError: a limit or another load balancer is in the way.
    """
    others = [each for each in account.of(_LISTENER) if each["arn"] != arn]
    if sum(each["loadBalancerArn"] == listener["loadBalancerArn"] for each in others) >= LISTENERS:
        raise ResourceFailedError("TooManyListeners: You have reached the maximum number of listeners")
    _require_certificate(account, listener)
    _require_texts(listener)
    _require_one_balancer(account, str(listener["loadBalancerArn"]), listener)


def require_rule(account: Account, arn: str, rule: Properties) -> None:
    """Refuse what a rule may not be.

    Raises:
        ResourceFailedError: as above, or another rule has its priority.
    """
    balancer = _balancer(account, rule)
    others = [each for each in account.of(_RULE) if each["arn"] != arn]
    if any(all(str(rule.get(key)) == str(each.get(key)) for key in ("listenerArn", "priority")) for each in others):
        raise ResourceFailedError(f"PriorityInUse: Priority '{rule['priority']}' is currently in use")
    if sum(_balancer(account, each) == balancer for each in others) >= RULES:
        raise ResourceFailedError("TooManyRules: The maximum number of rules on a load balancer has been reached")
    values = sum(len(texts(bag(each, kind), "values")) for each in bags(rule, "conditions") for kind in each)
    if values > CONDITION_VALUES:
        raise ResourceFailedError(f"ValidationError: A rule can only have '{CONDITION_VALUES}' condition values")
    _require_texts(rule)
    _require_one_balancer(account, balancer, rule)


def _require_certificate(account: Account, listener: Properties) -> None:
    """HTTPS takes one, of the load balancer's own region and account."""
    arn = listener.get("certificateArn")
    if listener.get("protocol") != "HTTPS":
        if arn:
            raise ResourceFailedError("InvalidConfigurationRequest: only HTTPS listeners take certificates")
        return
    if not arn:
        raise ResourceFailedError("ValidationError: A certificate must be specified for HTTPS listeners")
    if not str(arn).startswith(f"{account.place.arn('acm', 'certificate')}/"):
        raise ResourceFailedError(f"CertificateNotFound: Certificate '{arn}' not found")


def _forwards_to(resource: Properties) -> set[str]:
    """The target groups that a rule or a listener leads to."""
    actions = bags(resource, "actions") + bags(resource, "defaultActions")
    weighted = [str(group["arn"]) for action in actions for group in bags(bag(action, "forward"), "targetGroups")]
    return {*weighted, *(str(action["targetGroupArn"]) for action in actions if action.get("targetGroupArn"))}


def _require_texts(resource: Properties) -> None:
    for action in bags(resource, "actions") + bags(resource, "defaultActions"):
        if len(str(bag(action, "fixedResponse").get("messageBody") or "")) > MESSAGE_CHARACTERS:
            problem = f"ValidationError: the message body must be at most {MESSAGE_CHARACTERS} characters long"
            raise ResourceFailedError(problem)


def _require_one_balancer(account: Account, balancer: str, resource: Properties) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html."""
    for group in sorted(_forwards_to(resource)):
        for other in account.of(_RULE) + account.of(_LISTENER):
            if group in _forwards_to(other) and _balancer(account, other) != balancer:
                raise ResourceFailedError(
                    "TargetGroupAssociationLimit: The following target groups cannot be associated with more than one "
                    f"load balancer: {group}",
                    "give each load balancer a target group of its own in services/route.py",
                )


def _balancer(account: Account, resource: Properties) -> str:
    """The load balancer of a listener or a rule."""
    listener = account.find(_LISTENER, arn=resource.get("listenerArn")) or resource
    return str(listener.get("loadBalancerArn"))
