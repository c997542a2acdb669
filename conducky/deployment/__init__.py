"""Preview, deploy and destroy in a real AWS account: the `pulumi` commands, in the right order and with guards."""

from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection

__all__ = ["PulumiCli", "Selection"]
