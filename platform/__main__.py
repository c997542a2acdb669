"""Platform: the database, who may talk to whom, and the way in; in the account's default VPC."""

from database import Database, DatabaseArgs
from disk import require_disk
from entrance import entrance, look_up, open_ports, required_zones
from firewall import Firewall, FirewallArgs
from network import default_network
from rds_certificates import require_rds_certificates
from restores import planned

from conducky.contracts import PlatformOutputs, as_output
from conducky.deployed import read_by_an_earlier_release
from conducky.layer import begin
from conducky.naming import Place
from conducky.scheduled_call import SCHEDULER_ROLE
from conducky.settings import PlatformSettings
from conducky.settings.values import max_connections

layer = begin(PlatformSettings)
require_rds_certificates(layer.region)
layer.settings.refuse_another_certificate(layer.region, layer.account_id)
keep_former_url = read_by_an_earlier_release("aws:ssm/parameter:Parameter", "DATABASE_URL")
databases = planned(layer.names, layer.settings.database_restore_from)
require_disk(databases.used.storage_gib, layer.settings)
network = default_network(layer.region, layer.settings.availability_zones, required_zones(layer.settings, layer.region))

found = look_up(layer, network)

firewall = Firewall(
    "firewall", FirewallArgs(layer.names, network.vpc_id, open_ports(layer.settings), found.prefix_list_id)
)

database = Database(
    "database",
    DatabaseArgs(
        layer.names,
        Place(layer.region, layer.account_id).arn("iam", f"role/{layer.names.of(SCHEDULER_ROLE)}"),
        network.database_subnet_ids,
        firewall.database.id,
        layer.settings,
        databases,
        keep_former_url,
    ),
)

way_in = entrance(layer, network, firewall.entrance.id, found)

PlatformOutputs(
    name_prefix=as_output(layer.names.prefix),
    region=as_output(layer.region),
    vpc_id=as_output(network.vpc_id),
    subnet_ids=as_output(list(network.subnet_ids)),
    entrance=way_in.contract,
    entrance_security_group_id=firewall.entrance.id,
    schedule=as_output(layer.settings.schedule or ""),
    frontend_security_group_id=firewall.frontend.id,
    frontend_url=way_in.frontend_url,
    backend_security_group_id=firewall.backend.id,
    backend_url=way_in.backend_url,
    database_url_parameter_arn=database.url_parameter.arn,
    database_url_parameter_version=database.url_parameter.version,
    database_identifier=database.instance.identifier,
    database_instance_class=as_output(layer.settings.database_instance_class),
    database_storage_gib=as_output(layer.settings.database_storage_gib),
    database_max_connections=as_output(max_connections(layer.settings.database_instance_class)),
).export()
