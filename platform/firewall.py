"""Who may talk to whom: internet to load balancer, load balancer to services, backend to database, nothing else."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.naming import Names

HTTP_PORT = 80
HTTPS_PORT = 443
DATABASE_PORT = 5432
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class FirewallArgs:
    """The network, and the port that each service listens on."""

    names: Names
    vpc_id: str
    frontend_port: int
    backend_port: int


class Firewall(pulumi.ComponentResource):
    """One security group for each role, and each allowed connection as rules of their own at both ends."""

    load_balancer: aws.ec2.SecurityGroup
    frontend: aws.ec2.SecurityGroup
    backend: aws.ec2.SecurityGroup
    database: aws.ec2.SecurityGroup

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:Firewall", name, None, opts)
        self._args = args
        self.load_balancer = self._group("load-balancer", "Load balancers: open to the internet")
        self.frontend = self._group("frontend", "Frontend tasks: reached from the load balancer only")
        self.backend = self._group("backend", "Backend tasks: reached from the load balancer only")
        self.database = self._group("database", "Database: reached from the backend only")

        self._ingress_from_internet("load-balancer", self.load_balancer, HTTP_PORT)
        self._connection("load-balancer", self.load_balancer, "frontend", self.frontend, args.frontend_port)
        self._connection("load-balancer", self.load_balancer, "backend", self.backend, args.backend_port)
        self._connection("backend", self.backend, "database", self.database, DATABASE_PORT)
        # Tasks pull their image from ECR, read their secrets from SSM, write to CloudWatch and keep ECS Exec's channel
        # open: all of it HTTPS to AWS, through their public address, for there is no NAT and no endpoint to pay for.
        self._egress_to_internet("frontend", self.frontend, HTTPS_PORT)
        self._egress_to_internet("backend", self.backend, HTTPS_PORT)
        self.register_outputs({})

    def _group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            self._args.names.of(role),
            description=description,
            vpc_id=self._args.vpc_id,
            opts=pulumi.ResourceOptions(parent=self),
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
        aws.vpc.SecurityGroupIngressRule(
            f"{target}-from-{source}",
            description=f"From the {source}",
            security_group_id=target_group.id,
            referenced_security_group_id=source_group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _ingress_from_internet(self, role: str, group: aws.ec2.SecurityGroup, port: int) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{role}-from-internet-{port}",
            description="From the internet",
            security_group_id=group.id,
            cidr_ipv4=ANYWHERE,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _egress_to_internet(self, role: str, group: aws.ec2.SecurityGroup, port: int) -> None:
        aws.vpc.SecurityGroupEgressRule(
            f"{role}-to-internet-{port}",
            description="To AWS: images, secrets, logs, ECS Exec",
            security_group_id=group.id,
            cidr_ipv4=ANYWHERE,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=pulumi.ResourceOptions(parent=self),
        )
