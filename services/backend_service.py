"""The backend: its environment, and how it is reached."""

from application_secrets import ApplicationSecrets, SecretParameter
from autoscaling import scaling
from cluster import Cluster
from fargate_service import FargateService, FargateServiceArgs, Size
from images import ApplicationImage
from public_urls import PublicUrls
from service_entrance import client_address_header, trusted_proxies

from conducky.contracts import BootstrapOutputs, PlatformOutputs
from conducky.layer import Layer
from conducky.settings.services import ServicesSettings


def backend_service(
    layer: Layer[ServicesSettings],
    cluster: Cluster,
    *,
    bootstrap: BootstrapOutputs,
    platform: PlatformOutputs,
    image: ApplicationImage,
    urls: PublicUrls,
    secrets: ApplicationSecrets,
) -> FargateService:
    """The backend on Fargate, behind its own paths."""
    settings, entrance = layer.settings, platform.value("entrance")
    return FargateService(
        "backend",
        FargateServiceArgs(
            names=layer.names,
            region=layer.region,
            cluster=cluster,
            vpc_id=platform.vpc_id,
            subnet_ids=platform.subnet_ids,
            security_group_id=platform.backend_security_group_id,
            entrance_group_id=platform.entrance_security_group_id,
            application=settings.backend,
            image=image.reference,
            execution_role_arn=bootstrap.backend_execution_role_arn,
            task_role_arn=bootstrap.backend_task_role_arn,
            environment={
                **urls.named(settings.backend.addresses),
                "APP_REVISION": image.tag,
                # Its entrypoint waits for another task's migrations as long as ECS waits for it.
                "MIGRATION_WAIT_SECONDS": str(settings.backend_grace_seconds),
                "DATABASE_POOL_SIZE": str(settings.database_pool_size),
                # Those of the entrance, each of which notes who called at the end of this header.
                "TRUSTED_PROXIES": str(trusted_proxies(entrance)),
                "CLIENT_ADDRESS_HEADER": client_address_header(entrance),
            },
            secrets={
                "DATABASE_URL": SecretParameter(
                    platform.database_url_parameter_arn, platform.database_url_parameter_version
                ),
                **secrets.parameters["backend"],
            },
            entrance=entrance,
            paths=settings.backend.paths,
            priority=100,
            size=Size(settings.backend_count, settings.backend_cpu, settings.backend_memory),
            schedule=platform.value("schedule"),
            scheduler_role_arn=bootstrap.scheduler_role_arn,
            architecture=settings.architecture,
            capacity=settings.capacity,
            grace_seconds=settings.backend_grace_seconds,
            steady_state_minutes=settings.steady_state_minutes,
            log_retention_days=settings.log_retention_days,
            alarm_rollback=settings.watches_alarms,
            topic_arn=cluster.topic_arn,
            scaling=scaling(settings, settings.backend_count, settings.backend_max_count),
            shift=cluster.shifts["backend"],
        ),
    )
