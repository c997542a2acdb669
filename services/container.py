"""One container of a task definition; pure data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# ECS leaves the ports below it to root, as which no task runs; Docker opens all of them.
# https://github.com/aws/containers-roadmap/issues/1721
_FIRST_OPEN_PORT = 1024


@dataclass(frozen=True)
class Container:
    """A container and its environment; `parameters` maps a variable to an SSM parameter's ARN and version.

    What is None is the image's own.
    """

    name: str
    image: str
    port: int | None  # None: it listens on none
    environment: Mapping[str, str]
    parameters: Mapping[str, tuple[str, int]]
    log_group: str
    region: str
    health_check: Mapping[str, Any]
    user: str | None = None
    entry_point: Sequence[str] | None = None
    command: Sequence[str] | None = None

    def definition(self) -> dict[str, object]:
        """The container as ECS takes it. Every list is sorted, so that a diff shows a change and nothing else."""
        ports = [self.port] if self.port else []
        definition: dict[str, object] = {
            "name": self.name,
            "image": self.image,
            "essential": True,
            "portMappings": [{"containerPort": port, "hostPort": port, "protocol": "tcp"} for port in ports],
            "environment": [{"name": name, "value": value} for name, value in sorted(self.environment.items())],
            "secrets": [{"name": name, "valueFrom": arn} for name, (arn, _) in sorted(self.parameters.items())],
            # Without an init process the sessions of ECS Exec leave zombies behind.
            "linuxParameters": {"initProcessEnabled": True},
            # ECS Exec's agent writes to it.
            "readonlyRootFilesystem": False,
            # Seconds from SIGTERM to SIGKILL; the backend gives its requests 25.
            "stopTimeout": 30,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.log_group,
                    "awslogs-region": self.region,
                    "awslogs-stream-prefix": self.name,
                },
            },
        }
        own = {"user": self.user, "entryPoint": self.entry_point, "command": self.command}
        definition |= {key: value for key, value in own.items() if value is not None}
        # A task reads its secrets once, when it starts: a new version has to be a new revision to reach it. An empty
        # map is left out: AWS may leave it out too, and then it would show as a change in every `up`.
        labels = {f"conducky.version.{name}": str(version) for name, (_, version) in self.parameters.items()}
        optional: dict[str, Any] = {"dockerLabels": labels, "healthCheck": dict(self.health_check)}
        if self.port and self.port < _FIRST_OPEN_PORT:
            optional["systemControls"] = [{"namespace": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
        return definition | {name: value for name, value in optional.items() if value}
