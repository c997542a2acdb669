"""Whether security groups let a connection through, and if not, which rule is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.account import Account, ResourceFailedError

_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
_GROUP = "aws:ec2/securityGroup:SecurityGroup"


@dataclass(frozen=True)
class End:
    """One end of a connection: what it is, and its security groups; none means the internet.

    With `prefix_lists` it is only those of the internet's addresses that are in one of these.
    """

    what: str
    groups: tuple[str, ...] = ()
    prefix_lists: tuple[str, ...] = ()


INTERNET = End("the internet")


def require_rules(account: Account, source: End, target: End, port: int, file: str = "platform/firewall.py") -> None:
    """Make sure that `source` can reach `target` on a TCP port, by rules that `file` creates.

    Raises:
        ResourceFailedError: a security group has no rule for it.
    """
    if source.groups and not _allowed(account.of(_EGRESS), source.groups, target, port):
        raise _no_rule(account, "egress", source, target, port, source.groups, file)
    if target.groups and not _allowed(account.of(_INGRESS), target.groups, source, port):
        raise _no_rule(account, "ingress", source, target, port, target.groups, file)


def _allowed(rules: Iterable[Properties], groups: Sequence[str], other: End, port: int) -> bool:
    """Whether a rule of one of these groups names the other end and covers the port."""
    return any(rule["securityGroupId"] in groups and _covers(rule, port) and _names(rule, other) for rule in rules)


def _covers(rule: Properties, port: int) -> bool:
    protocol = str(rule["ipProtocol"])
    return protocol == "-1" or (protocol == "tcp" and int(rule["fromPort"]) <= port <= int(rule["toPort"]))


def _names(rule: Properties, other: End) -> bool:
    referenced = rule.get("referencedSecurityGroupId")
    if referenced:
        return referenced in other.groups
    if other.prefix_lists:
        return rule.get("prefixListId") in other.prefix_lists
    network = rule.get("cidrIpv4")
    return bool(network) and ip_network(str(network)).prefixlen == 0


def _no_rule(  # all of one message
    account: Account, direction: str, source: End, target: End, port: int, groups: Sequence[str], file: str
) -> ResourceFailedError:
    names = [str(group["name"]) for group in account.of(_GROUP) if group.get("id") in groups] or list(groups)
    return ResourceFailedError(
        f"{source.what} cannot reach {target.what} on port {port}, because the security group {', '.join(names)} has "
        f"no {direction} rule for it",
        f"add one in {file}",
    )
