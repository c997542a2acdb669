"""The policies that AWS itself publishes for load balancers, ECS and RDS, and why some of their actions are not ours.

Read on 2026-11-26 from moto's copy, which has each policy's version and date. Of ElasticLoadBalancingFullAccess a newer
version, v10 of 2026-10-09, was not to be had; a newer moto brings it, and the test then asks about what it adds.
"""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from conducky.repository import ROOT

PUBLISHED = ("ElasticLoadBalancingFullAccess", "AmazonECS_FullAccess", "AmazonRDSFullAccess")

_AGENT = "The agent on a container instance calls it; Fargate has none."
_AURORA = "The database is one instance of RDS for PostgreSQL, no Aurora cluster."
_CLASSIC = "It is for Classic Load Balancers; these are Application Load Balancers."
_CONSOLE = "The console shows it; no call of the provider or of `conducky` asks."
_OTHER_SERVICE = "The programs use nothing of this service."
_TLS = "A listener has one certificate, and the policy of TLS that the program names."
_TRUST = "Nobody signs in with a certificate of their own (mutual TLS)."
_VPC = "The account's default VPC is used as it is."

# It explains what ECS's policy allows by the same pattern; an action that a policy names has a reason of its own.
BLANKET = "ec2:Describe*"

# By pattern: why no call of platform or services needs what the deployer is not allowed.
NOT_NEEDED: dict[str, str] = {
    **dict.fromkeys(
        (
            *("appmesh:*", "autoscaling:*", "cloudformation:*", "codedeploy:*", "cognito-idp:*", "devops-guru:*"),
            *("elasticfilesystem:*", "events:*", "fsx:*", "lambda:*", "outposts:*", "pi:*", "servicediscovery:*"),
        ),
        _OTHER_SERVICE,
    ),
    "application-autoscaling:*": "Services scale by two metrics; nothing is scheduled, suspended or forecast there.",
    "arc-zonal-shift:*": "Nobody shifts traffic between zones by hand.",
    "cloudwatch:*": "There are no alarms and no metrics of our own.",
    BLANKET: "It describes what the programs neither create nor look up.",
    "ec2:*ClassicLink*": "AWS has retired it.",
    "ec2:*Coip*": "There is no Outpost.",
    "ec2:*LocalGateway*": "There is no Outpost.",
    "ec2:*InternetGateway": _VPC,
    "ec2:*Route*": _VPC,
    "ec2:*Subnet*": _VPC,
    "ec2:*Vpc*": _VPC,
    "ec2:*LaunchTemplate": "Fargate has no instances.",
    "ec2:*SpotFleet*": "Fargate has no instances.",
    "ec2:RunInstances": "Fargate has no instances.",
    "ecs:*AccountSetting*": "Account settings are the account's; what a service needs, it sets itself.",
    "ecs:*Attributes": _AGENT,
    "ecs:*CapacityProvider*": "Fargate brings its two capacity providers along.",
    "ecs:*ContainerInstance*": _AGENT,
    "ecs:*Daemon*": "Daemons run on container instances; Fargate has none.",
    "ecs:*ExpressGatewayService*": "The services are plain ones.",
    "ecs:*TaskProtection": "A task asks for it itself; these do not.",
    "ecs:*TaskSet*": "Only deployments by somebody else's controller have task sets.",
    "ecs:AllowVendedLogDeliveryForResource": "Tasks write their logs through awslogs.",
    "ecs:ContinueServiceDeployment": "No deployment pauses.",
    "ecs:DeleteTaskDefinitions": "Old revisions stay, for rollbacks.",
    "ecs:DeregisterTaskDefinition": "Old revisions stay, for rollbacks (skip_destroy).",
    "ecs:DiscoverPollEndpoint": _AGENT,
    "ecs:ExecuteCommand": "It is for people, who get it by the policy `exec`.",
    "ecs:ListClusters": _CONSOLE,
    "ecs:ListServices*": _CONSOLE,
    "ecs:ListTaskDefinition*": _CONSOLE,
    "ecs:Poll": _AGENT,
    "ecs:PutSystemLogEvents": _AGENT,
    "ecs:RunTask": "Services start the tasks.",
    "ecs:StartTask": "Services start the tasks.",
    "ecs:StartTelemetrySession": _AGENT,
    "ecs:StopServiceDeployment": "An interrupted `up` leaves the deployment to ECS (no sigint_rollback).",
    "ecs:StopTask": "Services stop the tasks.",
    "ecs:Submit*": _AGENT,
    "ecs:UpdateClusterSettings": "The provider changes them by UpdateCluster.",
    "ecs:UpdateContainerAgent": _AGENT,
    "elasticloadbalancing:*Certificate*": _TLS,
    "elasticloadbalancing:*Instance*": _CLASSIC,
    "elasticloadbalancing:*LoadBalancerListener*": _CLASSIC,
    "elasticloadbalancing:*LoadBalancerPolic*": _CLASSIC,
    "elasticloadbalancing:*Stickiness*": _CLASSIC,
    "elasticloadbalancing:*Targets": "ECS registers the tasks, by its own role.",
    "elasticloadbalancing:*TrustStore*": _TRUST,
    "elasticloadbalancing:*ForLoadBalancer": _CLASSIC,
    "elasticloadbalancing:*LoadBalancerToSubnets": _CLASSIC,
    "elasticloadbalancing:*LoadBalancerFromSubnets": _CLASSIC,
    "elasticloadbalancing:*ToLoadBalancer": _CLASSIC,
    "elasticloadbalancing:*[Ww]eb[Aa][Cc][Ll]*": "There is no firewall for web applications.",
    "elasticloadbalancing:AllowVendedLogDeliveryForResource": "The load balancer keeps no access logs.",
    "elasticloadbalancing:ConfigureHealthCheck": _CLASSIC,
    "elasticloadbalancing:DescribeAccountLimits": _CONSOLE,
    "elasticloadbalancing:DescribeSSLPolicies": _TLS,
    "elasticloadbalancing:GetResourcePolicy": _TRUST,
    "elasticloadbalancing:ModifyCapacityReservation": "No capacity is reserved.",
    "elasticloadbalancing:ModifyIpPools": "AWS gives the addresses.",
    "elasticloadbalancing:SetIpAddressType": "The load balancer is IPv4 from the start.",
    "iam:CreateServiceLinkedRole": "Bootstrap creates these roles, which an admin runs; the deployer writes no IAM.",
    "iam:ListInstanceProfiles*": "Fargate has no instances.",
    "iam:ListRoles": "Bootstrap asks, which an admin runs.",
    "logs:DescribeLogStreams": _CONSOLE,
    "rds:*ActivityStream": _CONSOLE,
    "rds:*AutomatedBackup*": "Backups are the instance's own, and go with it.",
    "rds:*BlueGreenDeployment*": "Changes are made in place.",
    "rds:*Certificates": "The instance names its certificate authority.",
    "rds:*Cluster*": _AURORA,
    "rds:*CustomDBEngineVersion": "The engine is RDS's own PostgreSQL.",
    "rds:*DBProx*": "The backend connects without a proxy.",
    "rds:*DBSecurityGroup*": "They are from before VPCs.",
    "rds:*DBShardGroup*": _AURORA,
    "rds:*Event*": "Nobody is notified of the database's events.",
    "rds:*ExportTask*": "Snapshots are not exported.",
    "rds:*HttpEndpoint": _AURORA,
    "rds:*Integration*": "Nothing else reads the database.",
    "rds:*LogFile*": "PostgreSQL's log stays on the instance.",
    "rds:*OptionGroup*": "The instance has RDS's default option group.",
    "rds:*PendingMaintenanceAction*": "Maintenance waits for its window.",
    "rds:*ReadReplica": "There is no replica.",
    "rds:*Recommendation*": _CONSOLE,
    "rds:*Reserved*": "An admin buys what is reserved.",
    "rds:*SourceIdentifier*": "Nobody is notified of the database's events.",
    "rds:*RoleToDBInstance": "The database assumes no role.",
    "rds:*RoleFromDBInstance": "The database assumes no role.",
    "rds:*TenantDatabase*": "They are Oracle's.",
    "rds:CopyDB*": "Nothing is copied.",
    "rds:CrossRegionCommunication": "There is no copy in another region.",
    "rds:DeleteDBSnapshot": "A last snapshot outlives the database; an admin deletes it.",
    "rds:DescribeAccountAttributes": _CONSOLE,
    "rds:DescribeDB*Version*": "The major version is part of the program.",
    "rds:DescribeDBSnapshot*": _CONSOLE,
    "rds:DescribeEngineDefaultParameters": _CONSOLE,
    "rds:DescribeOrderableDBInstanceOptions": _CONSOLE,
    "rds:DescribeSourceRegions": "There is no copy in another region.",
    "rds:DescribeValidDBInstanceModifications": _CONSOLE,
    "rds:ModifyDBSnapshot*": "Snapshots stay as they are, and in the account.",
    "rds:PromoteReadReplica": "There is no replica.",
    "rds:RebootDBInstance": "The one parameter that is set is PostgreSQL 15's default already.",
    "rds:RestoreDBInstance*": "An admin restores a database.",
    "route53:*": "There is no domain.",
    "sns:*": "Nobody is notified of anything.",
    "ssm:GetParameters*": "The provider reads one at a time, and by name.",
}


@dataclass(frozen=True)
class ManagedPolicy:
    """A policy of AWS's own: its version and the day of it, every action it allows, and those that it names."""

    name: str
    version: str
    edited: str
    actions: tuple[str, ...]
    named: frozenset[str]


def managed_policies() -> list[ManagedPolicy]:
    """The policies of `PUBLISHED`."""
    data: dict[str, Any] = json.loads(aws_managed_policies_data)
    found: list[ManagedPolicy] = []
    for name in PUBLISHED:
        policy = data[name]
        patterns: list[str] = []
        for statement in policy["Document"]["Statement"]:
            action = statement["Action"]
            patterns += [action] if isinstance(action, str) else action
        version, edited = policy["DefaultVersionId"], policy["UpdateDate"][:10]
        found.append(ManagedPolicy(name, version, edited, _resolved(patterns), frozenset(patterns)))
    return found


def _resolved(patterns: list[str]) -> tuple[str, ...]:
    done = subprocess.run(
        ["node", str(ROOT / "tools" / "iam" / "actions.mjs")],
        input=json.dumps(patterns),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(done.stdout))
