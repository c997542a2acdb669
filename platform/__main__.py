"""Platform: the database, who may talk to whom, and the way in; in the account's default VPC."""

from database import Database, DatabaseArgs
from firewall import Firewall, FirewallArgs
from load_balancer import LoadBalancer, LoadBalancerArgs
from network import default_network
from rds_certificates import require_rds_certificates
from restores import planned

from conducky.contracts import PlatformOutputs, as_output
from conducky.deployed import read_by_an_earlier_release
from conducky.layer import begin
from conducky.settings import PlatformSettings

layer = begin(PlatformSettings)
require_rds_certificates(layer.region)
keep_former_url = read_by_an_earlier_release("aws:ssm/parameter:Parameter", "DATABASE_URL")
databases = planned(layer.names, layer.settings.database_restore_from)
network = default_network(layer.region, layer.settings.availability_zones)

firewall = Firewall("firewall", FirewallArgs(layer.names, network.vpc_id))

database = Database(
    "database",
    DatabaseArgs(
        layer.names, network.database_subnet_ids, firewall.database.id, layer.settings, databases, keep_former_url
    ),
)

entrance = LoadBalancerArgs(
    layer.names, network.subnet_ids, firewall.load_balancer.id, deletion_protection=layer.settings.deletion_protection
)
frontend_balancer = LoadBalancer("alb", entrance)
backend_balancer = frontend_balancer if layer.settings.load_balancers == "shared" else LoadBalancer("api", entrance)

PlatformOutputs(
    name_prefix=as_output(layer.names.prefix),
    region=as_output(layer.region),
    vpc_id=as_output(network.vpc_id),
    subnet_ids=as_output(list(network.subnet_ids)),
    load_balancer_security_group_id=firewall.load_balancer.id,
    frontend_security_group_id=firewall.frontend.id,
    frontend_listener_arn=frontend_balancer.listener.arn,
    frontend_url=frontend_balancer.url,
    backend_security_group_id=firewall.backend.id,
    backend_listener_arn=backend_balancer.listener.arn,
    backend_url=backend_balancer.url,
    database_url_parameter_arn=database.url_parameter.arn,
    database_url_parameter_version=database.url_parameter.version,
).export()
