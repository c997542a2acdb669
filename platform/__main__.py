"""Platform: the database, who may talk to whom, and the way in; in the account's default VPC."""

from database import Database, DatabaseArgs
from firewall import Firewall, FirewallArgs
from load_balancer import LoadBalancer, LoadBalancerArgs
from network import default_network

from conducky import layer
from conducky.contracts import PlatformOutputs
from conducky.outputs import known
from conducky.settings.schema import PlatformSettings

FRONTEND_PORT = 3000
BACKEND_PORT = 4000

here = layer.begin(PlatformSettings)
network = default_network(here.region, here.settings.availability_zones)

firewall = Firewall(
    "firewall",
    FirewallArgs(here.names, network.vpc_id, frontend_port=FRONTEND_PORT, backend_port=BACKEND_PORT),
)

database = Database(
    "database",
    DatabaseArgs(here.names, network.subnet_ids, firewall.database.id, here.settings),
)

entry = LoadBalancerArgs(
    here.names, network.subnet_ids, firewall.load_balancer.id, deletion_protection=here.settings.deletion_protection
)
frontend_entry = LoadBalancer("alb", entry)
backend_entry = frontend_entry if here.settings.load_balancers == "shared" else LoadBalancer("api", entry)

PlatformOutputs(
    name_prefix=known(here.names.prefix),
    vpc_id=known(network.vpc_id),
    subnet_ids=known(list(network.subnet_ids)),
    frontend_port=known(FRONTEND_PORT),
    frontend_security_group_id=firewall.frontend.id,
    frontend_listener_arn=frontend_entry.listener.arn,
    frontend_url=frontend_entry.url,
    backend_port=known(BACKEND_PORT),
    backend_security_group_id=firewall.backend.id,
    backend_listener_arn=backend_entry.listener.arn,
    backend_url=backend_entry.url,
    database_url_parameter_arn=database.url_parameter.arn,
    database_url_parameter_version=database.url_parameter.version,
).export()
