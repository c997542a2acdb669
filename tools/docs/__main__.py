"""`make docs`: write the generated parts of docs/configuration.md, docs/cost.md and docs/deployer.md from the code."""

import sys

from conducky.errors import UserError
from tools.docs.configuration import write_configuration_page
from tools.docs.cost import write_cost_page
from tools.docs.deployer import write_deployer_page

try:
    write_configuration_page()
    write_cost_page()
    write_deployer_page()
except UserError as error:
    sys.exit(str(error))
