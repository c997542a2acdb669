"""One backend service with everything around it in the three layers, for tests to break."""

import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from boundary_policy import boundary_policy
from container import Container
from deployer_scope import Scope
from role_policies import execution_policy, task_policy

from conducky.catalog.property_bag import Properties, secret
from conducky.catalog.resource_type import ACCOUNT_ID
from conducky.naming import Names, Place
from tests.conducky.rehearsal.client import Client, Resource
from tests.conducky.rehearsal.ecs.echo_app import CONTAINER_PORT, make_image

PLACE = Place("eu-west-1", ACCOUNT_ID)
NAMES = Names("conducky", "dev")
JWT_SECRET = "the secret that signs the tokens of this test"
DATABASE_PASSWORD = "Password0of1the2database"
DATABASE = "conducky-dev-database.c0123456789.eu-west-1.rds.amazonaws.com"
ANYWHERE = {"cidrIpv4": "0.0.0.0/0"}

SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
SERVICE = "aws:ecs/service:Service"
TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition"
PARAMETER = "aws:ssm/parameter:Parameter"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"


class DeployedService:
    """Everything but the service exists; `version` and `deploy` create that."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.client, self.account, self.stand_ins = client, client.account, client.stand_ins
        self.load_balancers = self.stand_ins.load_balancers
        self._folder = folder
        self._images = itertools.count(1)
        self.grace_seconds = 60.0
        self.repository = self._create(
            "aws:ecr/repository:Repository", "backend", name="conducky-dev-backend", imageTagMutability="MUTABLE"
        )
        self._create_network()
        self._create_entry()
        self._create_data()
        self._create_cluster()
        self._create_roles()

    def _create(self, token: str, resource_name: str, /, **inputs: object) -> Resource:
        return self.client.create(token, resource_name, inputs)

    def _create_network(self) -> None:
        self.groups = {
            name: self._create(SECURITY_GROUP, f"conducky-dev-{name}", description=name, vpcId="vpc-0")
            for name in ("load-balancer", "backend", "database")
        }
        self.rules = {
            "internet to load balancer": self._rule(INGRESS, "load-balancer", 80, ANYWHERE),
            "load balancer out": self._rule(EGRESS, "load-balancer", CONTAINER_PORT, self._other("backend")),
            "load balancer to task": self._rule(INGRESS, "backend", CONTAINER_PORT, self._other("load-balancer")),
            "task to AWS": self._rule(EGRESS, "backend", 443, ANYWHERE),
            "task out to database": self._rule(EGRESS, "backend", 5432, self._other("database")),
            "task to database": self._rule(INGRESS, "database", 5432, self._other("backend")),
        }

    def _other(self, group: str) -> Mapping[str, str]:
        return {"referencedSecurityGroupId": self.groups[group].id}

    def _rule(self, token: str, group: str, port: int, other: Mapping[str, str]) -> Resource:
        return self._create(
            token,
            f"{group}-{port}-{'-'.join(other.values())}",
            securityGroupId=self.groups[group].id,
            ipProtocol="tcp",
            fromPort=port,
            toPort=port,
            **other,
        )

    def _create_entry(self) -> None:
        group = self.groups["load-balancer"].id
        self.balancer = self._create("aws:lb/loadBalancer:LoadBalancer", "public", securityGroups=[group])
        fixed = {"contentType": "text/plain", "statusCode": "503", "messageBody": "not deployed yet"}
        self.listener = self._create(
            "aws:lb/listener:Listener",
            "public",
            loadBalancerArn=self.balancer["arn"],
            port=80,
            protocol="HTTP",
            defaultActions=[{"type": "fixed-response", "fixedResponse": fixed}],
        )
        self.target_group = self._create(
            TARGET_GROUP,
            "backend",
            name="conducky-dev-backend-4000",
            port=CONTAINER_PORT,
            deregistrationDelay=5,
            healthCheck={"path": "/health", "matcher": "200", "unhealthyThreshold": 2},
        )
        self.listener_rule = self._create(
            LISTENER_RULE,
            "backend",
            listenerArn=self.listener["arn"],
            priority=10,
            conditions=[{"pathPattern": {"values": ["/api/*"]}}],
            actions=[{"type": "forward", "targetGroupArn": self.target_group["arn"]}],
        )

    def _create_data(self) -> None:
        self.jwt_secret = self._parameter("JWT_SECRET", JWT_SECRET)
        url = f"postgresql://app:{DATABASE_PASSWORD}@{DATABASE}:5432/app?sslmode=verify-full"
        self.database_url = self._parameter("DATABASE_URL", url)
        # Only what others look up; no server, for that is test_postgres's.
        self.account.remember(
            "aws:rds/instance:Instance",
            "conducky-dev-database",
            {
                "identifier": "conducky-dev-database",
                "address": DATABASE,
                "port": 5432,
                "password": DATABASE_PASSWORD,
                "vpcSecurityGroupIds": [self.groups["database"].id],
            },
        )

    def _parameter(self, variable: str, value: str) -> Resource:
        return self._create(
            PARAMETER, variable, name=NAMES.parameter("backend", variable), type="SecureString", value=secret(value)
        )

    def _create_cluster(self) -> None:
        self.cluster = self._create("aws:ecs/cluster:Cluster", "cluster", name="conducky-dev-cluster")
        self.capacity = self._create(
            "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
            "cluster",
            clusterName=self.cluster["name"],
            capacityProviders=["FARGATE", "FARGATE_SPOT"],
        )
        self.log_group = self._create("aws:cloudwatch/logGroup:LogGroup", "backend", name="conducky-dev-backend")

    def _create_roles(self) -> None:
        scope = Scope(NAMES, PLACE)
        self.boundary = self._create(
            "aws:iam/policy:Policy", "boundary", name="conducky-dev-boundary", policy=json.dumps(boundary_policy(scope))
        )
        self.execution_role, self.execution_policy = self._role("execution", execution_policy(scope, "backend"))
        self.task_role, self.task_policy = self._role("task", task_policy())

    def _role(self, kind: str, document: object) -> tuple[Resource, Resource]:
        name = f"conducky-dev-{kind}-backend"
        role = self._create("aws:iam/role:Role", name, assumeRolePolicy="{}", permissionsBoundary=self.boundary["arn"])
        return role, self._create("aws:iam/rolePolicy:RolePolicy", name, role=role["name"], policy=json.dumps(document))

    def image(self, **environment: str) -> str:
        """A new image, by its digest."""
        number = next(self._images)
        digest = f"sha256:{number:064x}"
        self.stand_ins.images.built[digest] = make_image(self._folder / f"image {number}", **environment)
        self.stand_ins.images.registry.push(self.repository["repositoryUrl"], digest, [f"build-{number}"])
        return f"{self.repository['repositoryUrl']}@{digest}"

    def container(self, image: str, **environment: str) -> Properties:
        """The container that services/container.py defines."""
        parameters = {
            "JWT_SECRET": (str(self.jwt_secret["arn"]), 1),
            "DATABASE_URL": (str(self.database_url["arn"]), 1),
        }
        variables = {"PORT": str(CONTAINER_PORT), "HOSTNAME": "0.0.0.0", **environment}  # noqa: S104
        container = Container(
            name="backend",
            image=image,
            port=CONTAINER_PORT,
            environment=variables,
            parameters=parameters,
            log_group=str(self.log_group["name"]),
            region=PLACE.region,
            health_check={},
        )
        return container.definition()

    def register(self, container: Properties) -> Resource:
        """A task definition of one container."""
        return self._create(
            TASK_DEFINITION,
            "backend",
            family="conducky-dev-backend",
            cpu="256",
            memory="512",
            executionRoleArn=self.execution_role["arn"],
            taskRoleArn=self.task_role["arn"],
            containerDefinitions=json.dumps([container]),
        )

    def version(self, version: str, **environment: str) -> Resource:
        """The task definition of a new image that answers this version."""
        return self.register(self.container(self.image(VERSION=version), **environment))

    def service(self, task_definition: Resource, count: int = 1) -> Properties:
        """The inputs of the service."""
        return {
            "name": "conducky-dev-backend",
            "cluster": self.cluster["arn"],
            "taskDefinition": task_definition["arn"],
            "desiredCount": count,
            "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
            "networkConfiguration": {"securityGroups": [self.groups["backend"].id]},
            "loadBalancers": [
                {
                    "targetGroupArn": self.target_group["arn"],
                    "containerName": "backend",
                    "containerPort": CONTAINER_PORT,
                }
            ],
            "enableExecuteCommand": True,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "healthCheckGracePeriodSeconds": self.grace_seconds,
        }

    def deploy(self, task_definition: Resource, count: int = 1) -> Resource:
        """Create the service."""
        return self.client.create(SERVICE, "backend", self.service(task_definition, count))

    def forget(self, resource: Resource) -> None:
        """Remove a resource without the engine."""
        self.account.forget(resource.token, resource.id)

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer through the load balancer."""
        port = self.load_balancers.listeners[self.listener["arn"]]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def targets(self) -> list[str]:
        """The states of the targets behind the load balancer."""
        return [target.state for target in self.load_balancers.server.target_health(self.target_group["arn"])]
