"""The alarms beside those of releases: too few tasks, and what runs out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import pulumi
import pulumi_aws as aws
from cluster import Cluster
from dashboard import Dashboard, DashboardArgs, Watched
from fargate_service import FargateService

from conducky.contracts import PlatformOutputs
from conducky.layer import Layer
from conducky.settings import ServicesSettings

_BUSY = 85  # percent of the CPU
_GIB = 2**30


class Row(NamedTuple):
    """One alarm. The threshold is a share of what `of` names, or with a blank the number itself; `minutes` it lasts.

    An alarm over something that the stack does not have, or whose size nobody knows, is not created. `section` is the
    one of docs/runbook.md that helps.
    """

    ending: str
    metric: str
    statistic: Literal["Average", "Maximum", "Minimum", "SampleCount"]
    sign: Literal["<", ">"]
    threshold: float
    of: str
    minutes: int
    section: str
    text: str


_DOWN, _SLOW, _RUNS_OUT = "it-is-down", "it-is-slow", "the-database-runs-out-of-something"
SERVICE = (
    # Each task is one sample a minute; the metric that counts them by name is Container Insights', which costs.
    # https://docs.aws.amazon.com/AmazonECS/latest/userguide/cloudwatch-metrics.html
    Row("running", "CPUUtilization", "SampleCount", "<", 1, "tasks", 5, _DOWN, "It runs fewer tasks than {}"),
    Row("cpu", "CPUUtilization", "Average", ">", 1, "busy", 15, _SLOW, "Its CPU is above {} %"),
    Row("memory", "MemoryUtilization", "Maximum", ">", 90, "", 10, _SLOW, "A task uses over {} % of its memory"),
)
DATABASE = (
    Row("storage", "FreeStorageSpace", "Minimum", "<", 0.1, "disk", 30, _RUNS_OUT, "A tenth of its disk is left"),
    Row(
        "connections", "DatabaseConnections", "Maximum", ">", 0.8, "connections", 10, _RUNS_OUT, "Over {} are connected"
    ),
    # RDS lends credits beyond those earned, and bills them. A new database has earned none: its balance says nothing.
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html
    Row(
        "credits",
        "CPUSurplusCreditBalance",
        "Maximum",
        ">",
        24,
        "credits",
        15,
        _RUNS_OUT,
        "It borrowed over {} credits",
    ),
)
_PERIODS = {"AWS/ECS": 60, "AWS/RDS": 300}  # seconds; AWS counts credits in no shorter ones


@dataclass(frozen=True)
class Subject:
    """What rows are about: its metrics, and what their thresholds are shares of.

    Without data an alarm of `ends` goes off: then nothing runs.
    """

    watched: Watched
    rows: Sequence[Row]
    sizes: Mapping[str, float]
    ends: Sequence[str] = ()


@dataclass(frozen=True)
class AlarmsArgs:
    """What is watched, and where e-mails go through."""

    subjects: Sequence[Subject]
    topic_arn: pulumi.Output[str]


class Alarms(pulumi.ComponentResource):
    """The alarms, each of which sends one e-mail when it goes off, and one when all is well again."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Alarms", name, None, opts)
        for subject in args.subjects:
            for row in subject.rows:
                if threshold := round(row.threshold * (subject.sizes.get(row.of, 0) if row.of else 1)):
                    self._alarm(subject, row, threshold, args.topic_arn)
        self.register_outputs({})

    def _alarm(self, subject: Subject, row: Row, threshold: int, topic_arn: pulumi.Output[str]) -> None:
        watched, full_name = subject.watched, f"{subject.watched.full_name}-{row.ending}"
        period = _PERIODS[watched.namespace]
        aws.cloudwatch.MetricAlarm(
            full_name,
            name=full_name,
            alarm_description=f"{watched.full_name}: {row.text.format(threshold)}: docs/runbook.md#{row.section}",
            namespace=watched.namespace,
            metric_name=row.metric,
            dimensions=watched.dimensions,
            statistic=row.statistic,
            period=period,
            comparison_operator={"<": "LessThanThreshold", ">": "GreaterThanThreshold"}[row.sign],
            threshold=threshold,
            evaluation_periods=row.minutes * 60 // period,
            treat_missing_data="breaching" if row.ending in subject.ends else "notBreaching",
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
            opts=pulumi.ResourceOptions(parent=self),
        )


def alarms(
    layer: Layer[ServicesSettings],
    platform: PlatformOutputs,
    cluster: Cluster,
    services: Mapping[str, FargateService],
    worker_name: pulumi.Output[str],
) -> None:
    """The alarms and the dashboard of a stack with the setting `alarmEmail`; the worker's too, if it has one."""
    if cluster.topic_arn is None:
        return
    settings, names = layer.settings, layer.names
    counts = {"backend": settings.backend_count, "frontend": settings.frontend_count}
    scaled = {"backend": settings.backend_max_count, "frontend": settings.frontend_max_count}
    # By the service's own name: before its first tasks run, too few would run.
    found = {name: (service.service.name, service.metrics) for name, service in services.items()}
    if settings.worker:
        found["worker"], counts["worker"] = (worker_name, {}), settings.worker.count
    subjects = [
        Subject(
            Watched(
                names.of(name),
                "AWS/ECS",
                {"ClusterName": cluster.cluster.name, "ServiceName": service_name},
                {
                    f"{names.of(name)}-{ending}".removesuffix("-5xx"): metric
                    for ending, metric in metrics.items()
                    if ending.endswith("5xx")
                },
            ),
            SERVICE,
            {"tasks": counts[name], "busy": max(_BUSY, settings.scaling_cpu_percent + 5 if scaled.get(name) else 0)},
            # With a schedule nobody can tell a stopped service from one that does not start.
            () if platform.value("schedule") else ("running",),
        )
        for name, (service_name, metrics) in found.items()
    ]
    kind: str = platform.value("database_instance_class")
    sizes = {
        "disk": platform.value("database_storage_gib") * _GIB,
        "connections": platform.value("database_max_connections"),
        "credits": kind.startswith(("db.t3.", "db.t4g.")),
    }
    database = Watched(names.of("database"), "AWS/RDS", {"DBInstanceIdentifier": platform.database_identifier})
    Alarms("watch", AlarmsArgs([*subjects, Subject(database, DATABASE, sizes)], cluster.topic_arn))
    Dashboard("overview", DashboardArgs(names, layer.region, [*(each.watched for each in subjects), database]))
