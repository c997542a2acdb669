"""Mistakes that people make in programs, stack files and applications, each in a copy of the repository."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.scenarios.bad_releases import backend_on
from tests.scenarios.repository import edit


@dataclass(frozen=True)
class Fault:
    """`breaks` changes a copy; the last of `layers` then fails and says `words`, which name cause and place.

    `often`: one of its kind that `make test` has too; the others are in `make test-slow`.
    """

    name: str
    breaks: Callable[[Path], object]
    layers: Sequence[str]
    words: Sequence[str]
    log: bool = False
    often: bool = False


def _in(file: str, old: str, new: str) -> Callable[[Path], object]:
    return lambda root: edit(root / file, old, new)


def _writes(file: str, text: str) -> Callable[[Path], object]:
    return lambda root: (root / file).write_text(text, encoding="utf-8")


_EXEC = 'Statement("ExecChannel", EXEC_ACTIONS, ["*"])'
_DATABASE_RULE = '        self._connection("backend", self.backend, "database", self.database, DATABASE_PORT)\n'
_PARAMETERS = '["ssm:GetParameters"]'

FAULTS = (
    Fault(
        "no rule to the database",
        _in("platform/firewall.py", _DATABASE_RULE, ""),
        ("platform", "services"),
        ("database", "5432", "platform/firewall.py"),
    ),
    Fault(
        "a boundary that is too narrow",
        _in("bootstrap/boundary_policy.py", _PARAMETERS, '["ssm:DescribeParameters"]'),
        ("bootstrap", "services"),
        ("boundary", "ssm:GetParameters", "bootstrap/boundary_policy.py"),
    ),
    Fault(
        "a role without one action of ECS Exec",
        _in("bootstrap/role_policies.py", _EXEC, _EXEC.replace("EXEC_ACTIONS", "EXEC_ACTIONS[:3]")),
        ("bootstrap", "services"),
        ("ssmmessages:", "conducky-dev-task-backend", "bootstrap/role_policies.py"),
    ),
    Fault(
        "a capacity provider that the cluster lacks",
        _in("services/cluster.py", '["FARGATE", "FARGATE_SPOT"]', '["FARGATE"]'),
        ("services",),
        ("no capacity provider FARGATE_SPOT", "services/cluster.py"),
    ),
    Fault(
        "a container that listens on another port",
        _in("services/fargate_service.py", *backend_on(4006)),
        ("services",),
        ("listens on port 4006", "port 4000", "`port`", "reads PORT"),
        log=True,
        often=True,
    ),
    Fault(
        "a server that listens on loopback only",
        _in("backend/server.js", "Number(process.env.PORT)", 'Number(process.env.PORT), "localhost"'),
        ("services",),
        ("conducky-dev-backend", "loopback only", "port 4000", "HOSTNAME"),
        log=True,
    ),
    Fault(
        "another path for the health check",
        _in("services/Pulumi.dev.yaml", "config:", "config:\n  conducky-services:backend: {healthPath: /healthz}"),
        ("services",),
        ("/healthz", "404", "`healthPath`"),
        log=True,
    ),
    Fault(
        "an application that ends at once",
        _in("backend/server.js", "server.listen", 'console.error("out of cheese"); process.exit(7); server.listen'),
        ("services",),
        ("conducky-dev-backend", "exited with code 7", "out of cheese"),
        log=True,
        often=True,
    ),
    Fault(
        "an image that cannot be built",
        _in("backend/Dockerfile", "COPY server.js ./", "COPY server.js ./\nRUN node --check no-such-file.js"),
        ("services",),
        ("backend/Dockerfile:5", "node --check no-such-file.js"),
        log=True,
        often=True,
    ),
    Fault(
        "a Dockerfile that copies what is not there",
        _in("frontend/Dockerfile", "COPY server.js ./", "COPY serve.js ./"),
        ("services",),
        ("frontend/Dockerfile:4", "serve.js"),
    ),
    Fault(
        "an output that the contract promises is not exported",
        _in("platform/__main__.py", "    vpc_id=as_output(network.vpc_id),\n", ""),
        ("platform",),
        ("`vpc_id`", "platform/__main__.py", "conducky/contracts.py"),
        often=True,
    ),
    Fault(
        "an output of another name",
        _in("platform/__main__.py", "backend_url=way_in.backend_url", "api_url=way_in.backend_url"),
        ("platform",),
        ("backend_url", "platform/__main__.py", "conducky/contracts.py"),
    ),
    Fault(
        "a type of resource that the rehearsal does not know",
        _in(
            "platform/__main__.py",
            "network = default",
            'import pulumi_aws as aws\naws.sqs.Queue("q")\nnetwork = default',
        ),
        ("platform",),
        ("aws:sqs/queue:Queue", "conducky/catalog/types.toml"),
    ),
    Fault(
        "a question that the rehearsal cannot answer",
        _in(
            "platform/__main__.py",
            "network = default",
            "import pulumi_aws as aws\naws.get_partition()\nnetwork = default",
        ),
        ("platform",),
        ("getPartition", "conducky/catalog/lookups.py"),
    ),
    Fault(
        "a retention that CloudWatch does not have",
        _in("services/fargate_service.py", "retention_in_days=args.log_retention_days", "retention_in_days=15"),
        ("services",),
        ("retentionInDays", "15", "must be one of"),
    ),
    Fault(
        "an error in a program",
        _in("services/route.py", "import hashlib", "import hashlib\n\n1 / 0"),
        ("services",),
        ("services/route.py:", "ZeroDivisionError"),
        often=True,
    ),
    Fault(
        "a program that is not Python",
        _in("services/route.py", "import hashlib", "import = hashlib"),
        ("services",),
        ("route.py", "SyntaxError"),
    ),
    Fault(
        "a misspelt setting",
        _in("platform/Pulumi.dev.yaml", "databaseInstanceClass", "databaseClass"),
        ("platform",),
        ("`databaseClass`", "`databaseInstanceClass`", "pulumi -C platform config rm databaseClass"),
        often=True,
    ),
    Fault(
        "a stack file that is not YAML",
        _writes("platform/Pulumi.dev.yaml", "config: [unfinished\n"),
        ("platform",),
        ("platform/Pulumi.dev.yaml", "is not YAML"),
        often=True,
    ),
)

# Apart from the others: it shows only where the rule takes its time and the service is new.
NO_WAIT_FOR_THE_RULE = Fault(
    "a service that does not wait for its listener rule",
    _in(
        "services/fargate_service.py",
        "args.cluster.capacity_providers, *entrance.depends_on, *args.after]",
        "args.cluster.capacity_providers]",
    ),
    ("services",),
    ("listener rule", "services/fargate_service.py"),
)
