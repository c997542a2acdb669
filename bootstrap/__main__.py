"""Bootstrap, run once by an admin of the account: who may deploy, what they may do, and where images are kept."""

from pathlib import Path

from application_permissions import own_permissions
from budget import Budget, BudgetArgs, refuse_second_budget
from deployer import Deployer, DeployerArgs
from deployer_scope import Scope
from destroy_role import DestroyRole, DestroyRoleArgs
from github_provider import find_trusted
from github_roles import GithubRoles, GithubRolesArgs
from people_policies import PeoplePolicies, PeoplePoliciesArgs
from repositories import Repositories, RepositoriesArgs
from service_roles import ServiceRoles, ServiceRolesArgs, own_service_roles
from workload_roles import WorkloadRoles, WorkloadRolesArgs

from conducky.contracts import BootstrapOutputs, as_output
from conducky.layer import begin
from conducky.naming import Place
from conducky.settings import BootstrapSettings
from conducky.settings.offline import platform_settings

layer = begin(BootstrapSettings)
settings = layer.settings
root = Path(__file__).resolve().parent.parent
platform = platform_settings(layer.names.stack, root)
scope = Scope(
    layer.names,
    Place(layer.region, layer.account_id),
    settings.max_task_cpu,
    is_protected=platform.deletion_protection,
    domains=platform.names if platform.hosted_zone else (),
)
own = own_permissions(settings, scope, root)
# Both are looked up before anything is created.
trusted, service_roles = find_trusted(settings), own_service_roles()
if settings.budget_email:
    refuse_second_budget(layer.names, layer.account_id)
    Budget("monthly", BudgetArgs(layer.names, settings.budget_email, settings.budget_limit))

ServiceRoles("service-roles", ServiceRolesArgs(service_roles))
deployer = Deployer("deployer", DeployerArgs(scope=scope))
PeoplePolicies("people", PeoplePoliciesArgs(scope))
workloads = WorkloadRoles("workloads", WorkloadRolesArgs(scope, deployer.boundary.arn, own)).arns

repositories = Repositories("repositories", RepositoriesArgs(layer.names, settings.images_to_keep, scope.is_protected))

destroying = DestroyRole(
    "destroying", DestroyRoleArgs(scope, deployer.boundaries["destroy"].arn, deployer.policies, trusted)
)
github = (
    GithubRoles("github", GithubRolesArgs(scope, trusted, deployer.policies, deployer.boundaries)) if trusted else None
)

BootstrapOutputs(
    name_prefix=as_output(layer.names.prefix),
    region=as_output(layer.region),
    frontend_repository_url=repositories.frontend.repository_url,
    frontend_repository_arn=repositories.frontend.arn,
    backend_repository_url=repositories.backend.repository_url,
    backend_repository_arn=repositories.backend.arn,
    cache_repository_url=repositories.cache.repository_url,
    frontend_execution_role_arn=workloads["execution-frontend"],
    frontend_task_role_arn=workloads["task-frontend"],
    backend_execution_role_arn=workloads["execution-backend"],
    backend_task_role_arn=workloads["task-backend"],
    scheduler_role_arn=workloads["scheduler"],
    max_task_cpu=as_output(settings.max_task_cpu),
    is_protected=as_output(scope.is_protected),
    destroy_role_arn=destroying.role.arn,
    infrastructure_role_arn=workloads["infrastructure"],
    deployer_arn=deployer.user.arn,
    deploy_role_arn=github.deploy.arn if github else as_output(""),
    preview_role_arn=github.preview.arn if github and github.preview else as_output(""),
).export()
