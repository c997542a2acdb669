"""A service that starts more tasks by itself while they are busy, and stops them again."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.settings import ServicesSettings


@dataclass(frozen=True)
class Scaling:
    """Between how many tasks, at how much CPU (percent) and how many requests a minute for each task."""

    least: int
    most: int
    cpu_percent: int
    requests: int


def scaling(settings: ServicesSettings, least: int, most: int | None) -> Scaling | None:
    """What the settings say; None for a fixed number. One of 0 stops a service: nothing would measure it."""
    return Scaling(least, most, settings.scaling_cpu_percent, settings.scaling_requests) if least and most else None


@dataclass(frozen=True)
class AutoscalingArgs:
    """The service and its cluster by name, and for the metric of requests, the load balancer and target group in it.

    Without these it scales by CPU alone: an HTTP API counts no requests for each task.
    """

    cluster_name: pulumi.Output[str]
    service_name: pulumi.Output[str]
    scaling: Scaling
    request_label: pulumi.Output[str] | None


class Autoscaling(pulumi.ComponentResource):
    """A range for the number of tasks, and a target for each metric; the busier one decides."""

    def __init__(self, name: str, args: AutoscalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Autoscaling", name, None, opts)
        target = aws.appautoscaling.Target(
            name,
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.format("service/{0}/{1}", args.cluster_name, args.service_name),
            min_capacity=args.scaling.least,
            max_capacity=args.scaling.most,
            opts=pulumi.ResourceOptions(parent=self),
        )
        metrics: dict[str, tuple[str, int, pulumi.Output[str] | None]]
        metrics = {"cpu": ("ECSServiceAverageCPUUtilization", args.scaling.cpu_percent, None)}
        if args.request_label is not None:
            metrics["requests"] = ("ALBRequestCountPerTarget", args.scaling.requests, args.request_label)
        for ending, (metric, wanted, label) in metrics.items():
            aws.appautoscaling.Policy(
                f"{name}-{ending}",
                name=pulumi.Output.concat(args.service_name, f"-{ending}"),
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                scalable_dimension=target.scalable_dimension,
                resource_id=target.resource_id,
                target_tracking_scaling_policy_configuration={
                    "predefined_metric_specification": {"predefined_metric_type": metric, "resource_label": label},
                    "target_value": wanted,
                    # Seconds: a new task needs this long to take its share, and one too many costs cents.
                    "scale_out_cooldown": 60,
                    "scale_in_cooldown": 300,
                },
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
