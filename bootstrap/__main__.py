"""Bootstrap, run once by an admin of the account: who may deploy, what they may do, and where images are kept."""

from deployer import Deployer, DeployerArgs
from deployer_scope import Scope
from repositories import Repositories, RepositoriesArgs

from conducky import layer
from conducky.contracts import BootstrapOutputs
from conducky.outputs import known
from conducky.settings import BootstrapSettings

here = layer.begin(BootstrapSettings)

deployer = Deployer("deployer", DeployerArgs(scope=Scope(here.names, here.region, here.account_id)))

repositories = Repositories(
    "repositories",
    RepositoriesArgs(names=here.names, images_to_keep=here.settings.images_to_keep),
)

BootstrapOutputs(
    name_prefix=known(here.names.prefix),
    frontend_repository_url=repositories.frontend.repository_url,
    frontend_repository_arn=repositories.frontend.arn,
    backend_repository_url=repositories.backend.repository_url,
    backend_repository_arn=repositories.backend.arn,
    boundary_arn=deployer.boundary.arn,
    deployer_arn=deployer.user.arn,
).export()
