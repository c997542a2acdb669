"""Services: the applications on ECS Fargate, built from this repository, with the database and secrets they need."""

from alarms import alarms
from application_secrets import ApplicationSecrets, ApplicationSecretsArgs, secret_values
from backend_service import backend_service
from cluster import Cluster, ClusterArgs
from frontend_service import frontend_service
from image_sources import require_sources
from images import application_image
from public_urls import public_urls
from pulumi import Output
from traffic_shift import traffic_shifts
from upstream_checks import check_upstream
from worker_service import worker_outputs

from conducky.contracts import BootstrapOutputs, PlatformOutputs, ServicesOutputs, as_output
from conducky.layer import begin
from conducky.settings import ServicesSettings

layer = begin(ServicesSettings)
settings, values = layer.settings, secret_values(layer.settings)
require_sources(settings)
bootstrap, platform = BootstrapOutputs.read(layer.names, layer.region), PlatformOutputs.read(layer.names, layer.region)
check_upstream(layer, bootstrap, platform)
urls, shifts = public_urls(settings, platform), traffic_shifts(layer, bootstrap, platform)

backend_image = application_image("backend", settings.backend, settings, bootstrap, urls)
# One build at a time: two together run a small computer out of memory.
frontend_image = application_image("frontend", settings.frontend, settings, bootstrap, urls, after=[backend_image])

secrets = ApplicationSecrets("secrets", ApplicationSecretsArgs(layer.names, values))
cluster = Cluster("cluster", ClusterArgs(layer, shifts))
backend = backend_service(
    layer, cluster, bootstrap=bootstrap, platform=platform, image=backend_image, urls=urls, secrets=secrets
)
frontend = frontend_service(
    layer, cluster, bootstrap=bootstrap, platform=platform, image=frontend_image, urls=urls, secrets=secrets
)
worker = worker_outputs(
    layer,
    cluster,
    bootstrap=bootstrap,
    platform=platform,
    image=backend_image,
    urls=urls,
    secrets=secrets,
    backend=backend,
)
alarms(layer, platform, cluster, {"backend": backend, "frontend": frontend}, worker["worker_service_name"])

ServicesOutputs(
    name_prefix=as_output(layer.names.prefix),
    region=as_output(layer.region),
    cluster_name=cluster.cluster.name,
    frontend_service_name=frontend.service.name,
    frontend_task_definition_arn=frontend.task_definition.arn,
    frontend_release=frontend.release,
    frontend_image=frontend_image.reference,
    frontend_log_group=frontend.log_group.name,
    frontend_url=as_output(urls.frontend_base_url),
    backend_service_name=backend.service.name,
    backend_task_definition_arn=backend.task_definition.arn,
    backend_release=backend.release,
    backend_image=backend_image.reference,
    backend_log_group=backend.log_group.name,
    backend_url=as_output(urls.next_public_api_url),
    **worker,
    # Not before the service is steady: until then the last release reads its own.
    database_url_parameter_arn=Output.all(platform.database_url_parameter_arn, backend.service.id).apply(
        lambda both: str(both[0])
    ),
).export()
