"""The worker: a service without an entrance, with the backend's image or its own, and all that the backend may."""

from application_secrets import ApplicationSecrets, SecretParameter
from cluster import Cluster
from fargate_service import FargateService, FargateServiceArgs, Size
from images import ApplicationImage, application_image
from public_urls import PublicUrls
from pulumi import Output

from conducky.contracts import BootstrapOutputs, PlatformOutputs
from conducky.layer import Layer
from conducky.repository import WORKER
from conducky.settings.services import ServicesSettings

_OUTPUTS = tuple(
    f"{WORKER}_{part}" for part in ("service_name", "task_definition_arn", "release", "image", "log_group")
)


def worker_outputs(  # noqa: PLR0913  # most are keyword-only
    layer: Layer[ServicesSettings],
    cluster: Cluster,
    *,
    bootstrap: BootstrapOutputs,
    platform: PlatformOutputs,
    image: ApplicationImage,
    urls: PublicUrls,
    secrets: ApplicationSecrets,
    backend: FargateService,
) -> dict[str, Output[str]]:
    """Create the worker, if the settings have one; what the contract has about it, blank where there is none.

    `image` and `backend` are the backend's. Its release follows that one's, which runs the migrations.
    """
    settings, worker = layer.settings, layer.settings.worker
    if worker is None:
        return dict.fromkeys(_OUTPUTS, Output.from_input(""))
    application = worker.beside(settings.backend)
    if worker.context:
        image = application_image(WORKER, application, settings, bootstrap, urls, after=[image])
    service = FargateService(
        WORKER,
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
                **secrets.parameters["backend"],
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
    found = (
        *(service.service.name, service.task_definition.arn, service.release),
        *(image.reference, service.log_group.name),
    )
    return dict(zip(_OUTPUTS, found, strict=True))
