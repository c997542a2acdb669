"""The pages in docs/ whose tables are generated from the code."""

from tools.docs.architecture import write_architecture_page
from tools.docs.configuration import write_configuration_page
from tools.docs.deployer import write_deployer_page

__all__ = ["write_architecture_page", "write_configuration_page", "write_deployer_page"]
