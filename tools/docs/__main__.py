"""`make docs`: write the generated parts of the pages in docs/ from the code."""

import sys

from conducky.errors import UserError
from tools.docs.architecture import write_architecture_page
from tools.docs.commands import write_commands_page
from tools.docs.configuration import write_configuration_page
from tools.docs.cost import write_cost_page
from tools.docs.deployer import write_deployer_page
from tools.docs.licences import write_licences_page
from tools.docs.production import write_production_page
from tools.docs.settle import write_settle_page

try:
    write_architecture_page()
    write_commands_page()
    write_configuration_page()
    write_cost_page()
    write_deployer_page()
    write_licences_page()
    write_production_page()
    write_settle_page()
except UserError as error:
    sys.exit(str(error))
