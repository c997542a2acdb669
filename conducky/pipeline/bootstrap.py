"""Whether bootstrap, which only an AWS admin deploys, is there and new enough for what is about to be deployed."""

from pathlib import Path

from conducky.contracts import BootstrapOutputs
from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.stack_state import exported
from conducky.errors import UserError
from conducky.pipeline.stacks import names_of
from conducky.repository import ROOT


def require_bootstrap(pulumi: PulumiCli, root: Path = ROOT) -> None:
    """Raise UserError, with the admin's command, when bootstrap was never deployed, or by code that promised less."""
    stack = pulumi.selection.stack
    fix = f"run {pulumi.selection.make('deploy', 'bootstrap')} as an AWS admin; the pipeline never does"
    found = exported(pulumi, "bootstrap")
    if found is None:
        raise UserError(f"bootstrap/{stack} is not deployed", fix)
    problem = BootstrapOutputs.problem_in(found)
    if problem:
        raise UserError(f"bootstrap/{stack} is too old for this commit ({problem})", fix)
    prefix = names_of(stack, root).prefix
    if found["name_prefix"] != prefix:
        raise UserError(
            f"bootstrap/{stack} was deployed with the prefix `{found['name_prefix']}`, but services/{stack} uses "
            f"`{prefix}`",
            f"run `pulumi -C LAYER config set projectName NAME --stack {stack}` in all three layers with the same name",
        )
