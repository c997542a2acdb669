"""The Next.js frontend: what it is told, and how it is reached."""

from fargate_service import FargateService, FargateServiceArgs, Site, Size
from images import ApplicationImage
from public_urls import PublicUrls


def frontend_service(site: Site, image: ApplicationImage, urls: PublicUrls) -> FargateService:
    """The frontend on Fargate, behind every path that the backend does not take."""
    platform, settings = site.platform, site.here.settings
    return FargateService(
        "frontend",
        site,
        FargateServiceArgs(
            image=image.reference,
            repository_arn=site.bootstrap.frontend_repository_arn,
            port=platform.frontend_port,
            security_group_id=platform.frontend_security_group_id,
            listener_arn=platform.frontend_listener_arn,
            paths=["/*"],
            priority=200,
            environment={
                "PORT": platform.frontend_port.apply(str),
                # Fargate sets HOSTNAME to the task's own name, and Next.js would listen on that alone.
                "HOSTNAME": "0.0.0.0",  # noqa: S104
                # A built image ignores a changed NEXT_PUBLIC_API_URL; the page reads API_URL for each request.
                "API_URL": urls.next_public_api_url,
                "APP_REVISION": image.tag,
            },
            secrets={},
            size=Size(settings.frontend_count, settings.frontend_cpu, settings.frontend_memory),
            grace_seconds=60,
        ),
    )
