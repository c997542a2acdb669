"""Bootstrap, run once by an admin of the account: who may deploy, what they may do, and where images are kept."""

from budget import Budget, BudgetArgs, refuse_second_budget
from deployer import Deployer, DeployerArgs
from deployer_scope import Scope
from github_provider import find_provider
from github_roles import GithubRoles, GithubRolesArgs
from github_trust import GithubRepository
from repositories import Repositories, RepositoriesArgs
from scheduler_role import SchedulerRole, SchedulerRoleArgs
from service_roles import ServiceRoles, ServiceRolesArgs, own_service_roles

from conducky.contracts import BootstrapOutputs, as_output
from conducky.layer import begin
from conducky.naming import Place
from conducky.settings import BootstrapSettings

layer = begin(BootstrapSettings)
settings = layer.settings
scope = Scope(layer.names, Place(layer.region, layer.account_id))
github = GithubRepository(settings.github_repository, settings.github_ids) if settings.github_repository else None
# Both are looked up before anything is created.
provider_arn, service_roles = find_provider() if github else "", own_service_roles()
if settings.budget_email:
    refuse_second_budget(layer.names, layer.account_id)
    Budget("monthly", BudgetArgs(layer.names, settings.budget_email, settings.budget_limit))

ServiceRoles("service-roles", ServiceRolesArgs(service_roles))
SchedulerRole("scheduler", SchedulerRoleArgs(scope))
deployer = Deployer("deployer", DeployerArgs(scope=scope))

repositories = Repositories(
    "repositories",
    RepositoriesArgs(names=layer.names, images_to_keep=settings.images_to_keep),
)

roles = (
    GithubRoles(
        "github",
        GithubRolesArgs(
            scope=scope,
            provider_arn=provider_arn,
            policies=deployer.policies,
            deploying=github.deploying(settings.github_branch, settings.github_environment),
            workflows=github.workflows(settings.github_branch),
            previewing=github.previewing() if settings.github_previews else (),
        ),
    )
    if github
    else None
)

BootstrapOutputs(
    name_prefix=as_output(layer.names.prefix),
    region=as_output(layer.region),
    frontend_repository_url=repositories.frontend.repository_url,
    frontend_repository_arn=repositories.frontend.arn,
    backend_repository_url=repositories.backend.repository_url,
    backend_repository_arn=repositories.backend.arn,
    cache_repository_url=repositories.cache.repository_url,
    boundary_arn=deployer.boundary.arn,
    deployer_arn=deployer.user.arn,
    deploy_role_arn=roles.deploy.arn if roles else as_output(""),
    preview_role_arn=roles.preview.arn if roles and roles.preview else as_output(""),
).export()
