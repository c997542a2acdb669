"""Who may talk to whom: internet to load balancer, and backend to database.

What the services listen on and reach is their own layer's: services/connections.py adds its rules to these groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.naming import Names

DATABASE_PORT = 5432
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class FirewallArgs:
    """The network that the groups are in, and the ports at which the entrance is reached.

    That is from the internet, or where `prefix_list_id` is given, from the addresses in that list only.
    """

    names: Names
    vpc_id: str
    open_ports: Sequence[int]
    prefix_list_id: str | None = None


class Firewall(pulumi.ComponentResource):
    """One security group for each role, and each allowed connection as rules of their own at both ends."""

    entrance: aws.ec2.SecurityGroup
    frontend: aws.ec2.SecurityGroup
    backend: aws.ec2.SecurityGroup
    database: aws.ec2.SecurityGroup

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:Firewall", name, None, opts)
        self._args = args
        # The same for both entrances: rules of the services layer name it, and AWS deletes no group that a rule names.
        self.entrance = self._group("entrance", "Entrance: load balancers, or API Gateway's VPC link", "load-balancer")
        self.frontend = self._group("frontend", "Frontend tasks: reached from the entrance only")
        self.backend = self._group("backend", "Backend tasks: reached from the entrance only")
        self.database = self._group("database", "Database: reached from the backend only")

        source, words = ("cloudfront", "CloudFront") if args.prefix_list_id else ("internet", "the internet")
        for port in args.open_ports:
            self._ingress(f"load-balancer-from-{source}-{port}", self.entrance, port, f"From {words}")
        self._connection("backend", self.backend, "database", self.database, DATABASE_PORT)
        self.register_outputs({})

    def _group(self, role: str, description: str, former: str = "") -> aws.ec2.SecurityGroup:
        """A group; `former` is the role that it had in an earlier release."""
        return aws.ec2.SecurityGroup(
            self._args.names.of(role),
            description=description,
            vpc_id=self._args.vpc_id,
            # Another description would be another group, and AWS deletes none that tasks are in.
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["description"],
                aliases=[pulumi.Alias(name=self._args.names.of(former))] if former else None,
            ),
        )

    def _connection(
        self,
        source: str,
        source_group: aws.ec2.SecurityGroup,
        target: str,
        target_group: aws.ec2.SecurityGroup,
        port: int,
    ) -> None:
        """Let one group reach another's port: out of the one, into the other."""
        aws.vpc.SecurityGroupEgressRule(
            f"{source}-to-{target}",
            description=f"To the {target}",
            security_group_id=source_group.id,
            referenced_security_group_id=target_group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._ingress(f"{target}-from-{source}", target_group, port, f"From the {source}", source_group)

    def _ingress(
        self,
        name: str,
        group: aws.ec2.SecurityGroup,
        port: int,
        description: str,
        source: aws.ec2.SecurityGroup | None = None,
    ) -> None:
        """Let a source in, or where none is named, those who may use the entrance."""
        prefixes = None if source else self._args.prefix_list_id
        aws.vpc.SecurityGroupIngressRule(
            name,
            description=description,
            security_group_id=group.id,
            referenced_security_group_id=source.id if source else None,
            prefix_list_id=prefixes,
            cidr_ipv4=None if source or prefixes else ANYWHERE,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=pulumi.ResourceOptions(parent=self),
        )
