"""An AWS that answers the calls of ECS and CloudWatch Logs with what a test put there, to the real boto3."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.web_server import Answer, Asked, WebServer, serve

_ACCOUNT = "123456789012"
ARN = f"arn:aws:ecs:us-east-1:{_ACCOUNT}"

_CALLER = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    f"<Arn>arn:aws:iam::{_ACCOUNT}:user/ada</Arn><UserId>AIDAFAKE</UserId><Account>{_ACCOUNT}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
_ERROR = "<Error><Code>AccessDenied</Code><Message>not authorized</Message></Error>"
_REFUSAL = f"<Response><Errors>{_ERROR}</Errors>{_ERROR}</Response>"  # as EC2, and as the others have it

Given = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]


# An ECR that has every image that is asked for, and takes tags.
_REGISTRY: dict[str, Given] = {
    "DescribeImages": {"imageDetails": []},
    "BatchGetImage": {
        "images": [{"imageManifest": "{}", "imageManifestMediaType": "application/json"}],
        "failures": [],
    },
    "PutImage": {"image": {}},
}


def revision(service: str, number: int) -> str:
    """The ARN of a task definition's revision."""
    return f"{ARN}:task-definition/conducky-dev-{service}:{number}"


def service(name: str, *deployments: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A service as DescribeServices gives it, with one task wanted and running."""
    return {
        "serviceName": f"conducky-dev-{name}",
        "serviceArn": f"{ARN}:service/conducky-dev-cluster/conducky-dev-{name}",
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "deployments": list(deployments),
        "events": [{"id": "1", "createdAt": 1_760_000_000, "message": f"(service conducky-dev-{name}) is steady."}],
        **more,
    }


def deployment(task_definition: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A deployment that is done."""
    return {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "taskDefinition": task_definition,
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "rolloutState": "COMPLETED",
        "rolloutStateReason": "ECS deployment ecs-svc/1 completed.",
        **more,
    }


@dataclass
class FakeAws:
    """What each operation answers: a dictionary, or what makes one of the request."""

    answers: dict[str, Given] = field(
        default_factory=lambda: {**_REGISTRY, "ListServiceDeployments": {"serviceDeployments": []}}
    )
    server: WebServer | None = None

    def services(self, *services: dict[str, Any]) -> None:
        """What DescribeServices finds, of those that are asked for."""
        by_name = {each["serviceName"]: each for each in services}

        def answer(request: dict[str, Any]) -> dict[str, Any]:
            assert request["cluster"] == "conducky-dev-cluster"
            names = request["services"]
            return {
                "services": [by_name[name] for name in names if name in by_name],
                "failures": [{"arn": name, "reason": "MISSING"} for name in names if name not in by_name],
            }

        self.answers["DescribeServices"] = answer

    def rollout(self, task_definition: str, status: str = "SUCCESSFUL", *, digest: str = "", **more: Any) -> None:  # noqa: ANN401
        """The newest rollout of every service: of this task definition, whose image has this digest."""
        arn = f"{ARN}:service-deployment/conducky-dev-cluster/x/1"
        revision_arn = f"{ARN}:service-revision/conducky-dev-cluster/x/1"
        brief = {"serviceDeploymentArn": arn, "createdAt": 1_760_000_000, "status": status}
        older = {"serviceDeploymentArn": "older", "createdAt": 1_750_000_000, "status": "SUCCESSFUL"}
        self.answers["ListServiceDeployments"] = {"serviceDeployments": [older, brief]}

        def described(request: dict[str, Any]) -> dict[str, Any]:
            assert request["serviceDeploymentArns"] == [arn]
            return {"serviceDeployments": [{**brief, "targetServiceRevision": {"arn": revision_arn}, **more}]}

        self.answers["DescribeServiceDeployments"] = described
        name = task_definition.rpartition("/")[2].split(":")[0].rpartition("-")[2]
        images = [{"containerName": name, "imageDigest": digest}] if digest else []
        self.answers["DescribeServiceRevisions"] = {
            "serviceRevisions": [
                {"serviceRevisionArn": revision_arn, "taskDefinition": task_definition, "containerImages": images}
            ]
        }

    def stopped(self, *tasks: dict[str, Any], log: list[str] | None = None) -> None:
        """The tasks of every service that stopped, and what each wrote."""
        by_arn = {f"{ARN}:task/conducky-dev-cluster/{number}": each for number, each in enumerate(tasks)}
        self.answers["ListTasks"] = {"taskArns": list(by_arn)}
        self.answers["DescribeTasks"] = {"tasks": [{"taskArn": arn, **each} for arn, each in by_arn.items()]}
        self.answers["GetLogEvents"] = {"events": [{"timestamp": 1, "message": line} for line in log or []]}

    def task_variable(self, name: str, value: str) -> None:
        """A variable that every task definition has."""
        container = {"name": "app", "environment": [{"name": "PORT", "value": "1"}, {"name": name, "value": value}]}
        self.answers["DescribeTaskDefinition"] = {"taskDefinition": {"containerDefinitions": [container]}}

    @property
    def operations(self) -> list[str]:
        assert self.server
        targets = [asked.headers.get("X-Amz-Target", "") for asked in self.server.asked]
        return [target.rpartition(".")[2] for target in targets if target]

    def answer(self, asked: Asked) -> Answer:
        if "X-Amz-Target" not in asked.headers:  # Services that speak XML, of which only STS answers
            known = "Action=GetCallerIdentity" in str(asked.content)
            return Answer(_CALLER if known else _REFUSAL, 200 if known else 403, {"Content-Type": "text/xml"})
        operation = asked.headers["X-Amz-Target"].rpartition(".")[2]
        given = self.answers.get(operation)
        headers = {"Content-Type": "application/x-amz-json-1.1"}
        if given is None:
            refusal = {"__type": "AccessDeniedException", "message": f"not authorized to perform: {operation}"}
            return Answer(refusal, 400, headers)
        return Answer(given(asked.content) if callable(given) else given, headers=headers)


@contextmanager
def fake_aws() -> Generator[FakeAws]:
    """Run one; its address is for AWS_ENDPOINT_URL."""
    made = FakeAws()
    with serve(made.answer) as server:
        made.server = server
        yield made
