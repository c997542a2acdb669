"""The frontend: its environment, and how it is reached."""

from application_secrets import ApplicationSecrets
from autoscaling import scaling
from cluster import Cluster
from fargate_service import FargateService, FargateServiceArgs, Size
from images import ApplicationImage
from public_urls import PublicUrls

from conducky.contracts import BootstrapOutputs, PlatformOutputs
from conducky.layer import Layer
from conducky.settings.services import ServicesSettings


def frontend_service(
    layer: Layer[ServicesSettings],
    cluster: Cluster,
    *,
    bootstrap: BootstrapOutputs,
    platform: PlatformOutputs,
    image: ApplicationImage,
    urls: PublicUrls,
    secrets: ApplicationSecrets,
) -> FargateService:
    """The frontend on Fargate, behind every path that the backend does not take."""
    settings = layer.settings
    return FargateService(
        "frontend",
        FargateServiceArgs(
            names=layer.names,
            region=layer.region,
            cluster=cluster,
            vpc_id=platform.vpc_id,
            subnet_ids=platform.subnet_ids,
            security_group_id=platform.frontend_security_group_id,
            entrance_group_id=platform.entrance_security_group_id,
            application=settings.frontend,
            image=image.reference,
            execution_role_arn=bootstrap.frontend_execution_role_arn,
            task_role_arn=bootstrap.frontend_task_role_arn,
            environment={
                # Fargate sets HOSTNAME to the task's own name, and Next.js would listen on that alone.
                "HOSTNAME": "0.0.0.0",  # noqa: S104  # only the entrance reaches the task
                # A built image ignores a changed NEXT_PUBLIC_API_URL; the sample's page reads API_URL for each request.
                **urls.named(settings.frontend.addresses),
                "APP_REVISION": image.tag,
            },
            secrets=secrets.parameters["frontend"],
            entrance=platform.value("entrance"),
            paths=["/*"],
            priority=200,
            size=Size(settings.frontend_count, settings.frontend_cpu, settings.frontend_memory),
            schedule=platform.value("schedule"),
            scheduler_role_arn=bootstrap.scheduler_role_arn,
            architecture=settings.architecture,
            capacity=settings.capacity,
            grace_seconds=settings.frontend_grace_seconds,
            steady_state_minutes=settings.steady_state_minutes,
            log_retention_days=settings.log_retention_days,
            alarm_rollback=settings.watches_alarms,
            topic_arn=cluster.topic_arn,
            scaling=scaling(settings, settings.frontend_count, settings.frontend_max_count),
            shift=cluster.shifts["frontend"],
        ),
    )
