"""Whether bootstrap, which only an admin runs, is there and new enough for what is about to be deployed."""

from pathlib import Path

from conducky.contracts import BootstrapOutputs
from conducky.deployment.pulumi_cli import PulumiCli
from conducky.errors import UserError
from conducky.pipeline.outputs import exported
from conducky.pipeline.stacks import names_of
from conducky.repository import ROOT


def require_bootstrap(pulumi: PulumiCli, root: Path = ROOT) -> None:
    """Check what the stack's bootstrap exports against the contract that the other layers read it by.

    Raises:
        UserError: it was never deployed, or by code that promised less; with the admin's command.
    """
    stack = pulumi.selection.stack
    mend = f"the pipeline never runs it: as an admin run {pulumi.selection.make('deploy', 'bootstrap')}"
    found = exported(pulumi, "bootstrap")
    if found is None:
        raise UserError(f"bootstrap/{stack} is not deployed, and {mend}")
    problem = BootstrapOutputs.problem_in(found)
    if problem:
        raise UserError(f"bootstrap/{stack} is too old for this commit ({problem}), and {mend}")
    prefix = names_of(stack, root).prefix
    if found["name_prefix"] != prefix:
        raise UserError(
            f"bootstrap/{stack} was deployed with the prefix `{found['name_prefix']}`, and services/{stack} uses "
            f"`{prefix}`: give the setting `projectName` one value in all three layers"
        )
