"""One dashboard of CloudWatch: how busy services and database are, and what their users notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
from release_alarms import Metric

from conducky.naming import Names

# By namespace, each chart's title with its metrics and their statistic.
_CHARTS: Mapping[str, Mapping[str, tuple[Sequence[str], str]]] = {
    "AWS/ApplicationELB": {
        "Requests": (["RequestCount"], "Sum"),
        "Errors (5xx)": (["HTTPCode_Target_5XX_Count"], "Sum"),
        "Time to answer, 95 of 100 (s)": (["TargetResponseTime"], "p95"),
    },
    "AWS/ApiGateway": {
        "Requests": (["Count"], "Sum"),
        "Errors (5xx)": (["5xx"], "Sum"),
        "Time to answer, 95 of 100 (ms)": (["Latency"], "p95"),
    },
    "AWS/ECS": {
        "Running tasks": (["CPUUtilization"], "SampleCount"),
        "CPU of services (%)": (["CPUUtilization"], "Average"),
        "Memory of the fullest task (%)": (["MemoryUtilization"], "Maximum"),
    },
    "AWS/RDS": {
        "CPU of the database (%)": (["CPUUtilization"], "Average"),
        "Connections": (["DatabaseConnections"], "Maximum"),
        "Free storage (bytes)": (["FreeStorageSpace"], "Minimum"),
        "CPU credits, earned and borrowed": (["CPUCreditBalance", "CPUSurplusCreditBalance"], "Maximum"),
    },
}
_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3  # the grid has 24 columns


@dataclass(frozen=True)
class Watched:
    """Something with metrics of its own; `entrances` are those of its ways in, by label."""

    full_name: str
    namespace: str
    dimensions: Mapping[str, pulumi.Input[str]]
    entrances: Mapping[str, Metric] = field(default_factory=dict[str, Metric])


@dataclass(frozen=True)
class DashboardArgs:
    """Whose it is, the region of the metrics, and what it shows."""

    names: Names
    region: str
    watched: Sequence[Watched]


class Dashboard(pulumi.ComponentResource):
    """The dashboard; an account's first three are free."""

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Dashboard", name, None, opts)
        aws.cloudwatch.Dashboard(
            args.names.of(name),
            dashboard_name=args.names.of(name),
            dashboard_body=pulumi.Output.json_dumps({"widgets": _widgets(args)}, sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _widgets(args: DashboardArgs) -> list[dict[str, object]]:
    """The charts in rows of three: what users notice first."""
    shown = [(each.full_name, each.namespace, each.dimensions) for each in args.watched]
    # The one API of both services is one line.
    ways_in = {repr(metric): (label, metric) for each in args.watched for label, metric in each.entrances.items()}
    entrances = [(label, metric["namespace"], metric["dimensions"]) for label, metric in ways_in.values()]
    charts: dict[str, list[list[object]]] = {}
    statistics: dict[str, str] = {}
    for full_name, namespace, dimensions in [*entrances, *shown]:
        for title, (metrics, statistic) in _CHARTS[namespace].items():
            statistics[title] = statistic
            pairs = [part for pair in dimensions.items() for part in pair]
            for metric in metrics:
                label = full_name if len(metrics) == 1 else metric
                charts.setdefault(title, []).append([namespace, metric, *pairs, {"label": label}])
    return [
        {
            "type": "metric",
            "x": number % _COLUMNS * _WIDTH,
            "y": number // _COLUMNS * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": {
                "title": title,
                "metrics": lines,
                "stat": statistics[title],
                "period": 60,
                "region": args.region,
                "view": "timeSeries",
            },
        }
        for number, (title, lines) in enumerate(charts.items())
    ]
