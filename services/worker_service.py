"""The worker: a service without an entrance, with the backend's image or its own, and all that the backend may."""

from application_secrets import SecretParameter
from cluster import Cluster
from fargate_service import FargateService, FargateServiceArgs, Size
from images import ApplicationImage, ApplicationImageArgs, images_before, tag_of
from public_urls import PublicUrls
from pulumi import Output, ResourceOptions

from conducky.contracts import BootstrapOutputs, PlatformOutputs
from conducky.layer import Layer
from conducky.settings.schema import ServicesSettings
from conducky.settings.worker import Worker


def worker_image(
    settings: ServicesSettings, worker: Worker, bootstrap: BootstrapOutputs, backend: ApplicationImage
) -> ApplicationImage:
    """The backend's image, or its own in the backend's repository: a repository more would need an admin."""
    args = ApplicationImageArgs(
        worker.beside(settings.backend),
        bootstrap.value("backend_repository_url"),
        bootstrap.value("cache_repository_url"),
        settings.architecture,
        images_before().get("worker"),
    )
    # Built from the same, it has the same tag, which ECR takes once.
    if not worker.context or tag_of(args) == backend.tag:
        return backend
    return ApplicationImage("worker", args, ResourceOptions(depends_on=[backend]))


def worker_service(  # noqa: PLR0913  # most are keyword-only
    layer: Layer[ServicesSettings],
    cluster: Cluster,
    worker: Worker,
    *,
    bootstrap: BootstrapOutputs,
    platform: PlatformOutputs,
    image: ApplicationImage,
    urls: PublicUrls,
    secrets: dict[str, SecretParameter],
    backend: FargateService,
) -> FargateService:
    """The worker on Fargate. Its release follows the backend's, which runs the migrations."""
    settings = layer.settings
    application = worker.beside(settings.backend)
    return FargateService(
        "worker",
        FargateServiceArgs(
            names=layer.names,
            region=layer.region,
            cluster=cluster,
            vpc_id=platform.vpc_id,
            subnet_ids=platform.subnet_ids,
            security_group_id=platform.backend_security_group_id,
            entrance_group_id=platform.entrance_security_group_id,
            application=application,
            image=image.reference,
            execution_role_arn=bootstrap.backend_execution_role_arn,
            task_role_arn=bootstrap.backend_task_role_arn,
            environment={
                **urls.named(application.addresses),
                "APP_REVISION": image.tag,
                # The backend's release before it ran them.
                "MIGRATE_ON_START": "no",
                "DATABASE_POOL_SIZE": str(settings.database_pool_size),
            },
            secrets={
                "DATABASE_URL": SecretParameter(
                    platform.database_url_parameter_arn, platform.database_url_parameter_version
                ),
                **secrets,
            },
            size=Size(worker.count, worker.cpu, worker.memory),
            schedule=platform.value("schedule"),
            scheduler_role_arn=bootstrap.scheduler_role_arn,
            architecture=settings.architecture,
            capacity=settings.capacity,
            steady_state_minutes=settings.steady_state_minutes,
            log_retention_days=settings.log_retention_days,
            after=[backend.service],
        ),
    )


def worker_exports(service: FargateService | None, image: ApplicationImage | None) -> dict[str, Output[str]]:
    """What the contract has about the worker; blank where there is none."""
    if service is None or image is None:
        return {f"worker_{name}": Output.from_input("") for name in _EXPORTS}
    found = (
        service.service.name,
        service.task_definition.arn,
        service.release,
        image.reference,
        service.log_group.name,
    )
    return {f"worker_{name}": value for name, value in zip(_EXPORTS, found, strict=True)}


_EXPORTS = ("service_name", "task_definition_arn", "release", "image", "log_group")
