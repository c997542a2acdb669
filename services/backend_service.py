"""The Express backend: what it is told, and how it is reached."""

from application_secrets import ApplicationSecrets, SecretParameter
from fargate_service import FargateService, FargateServiceArgs, Site, Size
from images import ApplicationImage
from public_urls import PublicUrls


def backend_service(
    site: Site, image: ApplicationImage, urls: PublicUrls, secrets: ApplicationSecrets
) -> FargateService:
    """The backend on Fargate, behind `/api/*`."""
    platform, settings = site.platform, site.here.settings
    database_url = SecretParameter(platform.database_url_parameter_arn, platform.database_url_parameter_version)
    return FargateService(
        "backend",
        site,
        FargateServiceArgs(
            image=image.reference,
            repository_arn=site.bootstrap.backend_repository_arn,
            port=platform.backend_port,
            security_group_id=platform.backend_security_group_id,
            listener_arn=platform.backend_listener_arn,
            paths=["/api/*"],
            priority=100,
            environment={
                "PORT": platform.backend_port.apply(str),
                "FRONTEND_BASE_URL": urls.frontend_base_url,
                "CORS_ORIGIN": urls.cors_origin,
                "APP_REVISION": image.tag,
            },
            secrets={
                "DATABASE_URL": database_url,
                "JWT_SECRET": secrets.jwt_secret,
                "SESSION_SECRET": secrets.session_secret,
            },
            size=Size(settings.backend_count, settings.backend_cpu, settings.backend_memory),
            grace_seconds=120,  # migrations run before it listens
        ),
    )
