"""Who may talk to whom: internet to entrance, entrance to services, backend to database, nothing else."""

from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from conducky.naming import Names

HTTP_PORT = 80
HTTPS_PORT = 443
DATABASE_PORT = 5432
ANYWHERE = "0.0.0.0/0"

_ENTRANCES = {
    "load-balancer": ("load-balancer", "Load balancers: open to the internet"),
    "http-api": ("gateway", "VPC link of API Gateway: nothing reaches it from outside"),
}
_TO_AWS = "To AWS: images, secrets, logs, ECS Exec"


@dataclass(frozen=True)
class FirewallArgs:
    """The network, its entrance, and the port that each service listens on."""

    names: Names
    vpc_id: str
    entrance: Literal["load-balancer", "http-api"]
    frontend_port: int
    backend_port: int


class Firewall(pulumi.ComponentResource):
    """One security group for each role, and each allowed connection as rules of their own at both ends."""

    entrance: aws.ec2.SecurityGroup
    frontend: aws.ec2.SecurityGroup
    backend: aws.ec2.SecurityGroup
    database: aws.ec2.SecurityGroup

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:Firewall", name, None, opts)
        self._args = args
        source, description = _ENTRANCES[args.entrance]
        self.entrance = self._group(source, description)
        self.frontend = self._group("frontend", "Frontend tasks: reached from the entrance only")
        self.backend = self._group("backend", "Backend tasks: reached from the entrance only")
        self.database = self._group("database", "Database: reached from the backend only")

        if args.entrance == "load-balancer":
            self._ingress(f"{source}-from-internet-{HTTP_PORT}", self.entrance, HTTP_PORT, "From the internet")
        self._connection(source, self.entrance, "frontend", self.frontend, args.frontend_port)
        self._connection(source, self.entrance, "backend", self.backend, args.backend_port)
        self._connection("backend", self.backend, "database", self.database, DATABASE_PORT)
        # Tasks pull their image from ECR, read their secrets from SSM, write to CloudWatch and keep ECS Exec's channel
        # open: all of it HTTPS to AWS, through their public address, for there is no NAT and no endpoint to pay for.
        self._egress(f"frontend-to-internet-{HTTPS_PORT}", self.frontend, HTTPS_PORT, _TO_AWS)
        self._egress(f"backend-to-internet-{HTTPS_PORT}", self.backend, HTTPS_PORT, _TO_AWS)
        self.register_outputs({})

    def _group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            self._args.names.of(role),
            description=description,
            vpc_id=self._args.vpc_id,
            # Another description would be another group, and AWS deletes none that tasks are in.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["description"]),
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
        self._egress(f"{source}-to-{target}", source_group, port, f"To the {target}", target_group)
        self._ingress(f"{target}-from-{source}", target_group, port, f"From the {source}", source_group)

    def _ingress(
        self,
        name: str,
        group: aws.ec2.SecurityGroup,
        port: int,
        description: str,
        source: aws.ec2.SecurityGroup | None = None,
    ) -> None:
        """Let a source in, or everybody where none is named."""
        aws.vpc.SecurityGroupIngressRule(
            name,
            description=description,
            security_group_id=group.id,
            referenced_security_group_id=source.id if source else None,
            cidr_ipv4=None if source else ANYWHERE,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _egress(
        self,
        name: str,
        group: aws.ec2.SecurityGroup,
        port: int,
        description: str,
        target: aws.ec2.SecurityGroup | None = None,
    ) -> None:
        """Let a group reach a target, or everybody where none is named."""
        aws.vpc.SecurityGroupEgressRule(
            name,
            description=description,
            security_group_id=group.id,
            referenced_security_group_id=target.id if target else None,
            cidr_ipv4=None if target else ANYWHERE,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=pulumi.ResourceOptions(parent=self),
        )
