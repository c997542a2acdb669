"""`conducky docs` and `conducky workflows`, which have no options."""

import typer

commands = typer.Typer()


@commands.command()
def docs() -> None:
    """Regenerate docs/configuration.md, docs/cost.md and docs/deployer.md from the code."""
    from conducky.docs.configuration import write_configuration_page
    from conducky.docs.cost import write_cost_page
    from conducky.docs.deployer import write_deployer_page

    write_configuration_page()
    write_cost_page()
    write_deployer_page()


@commands.command()
def workflows() -> None:
    """Write the lines of the workflows that name the applications' secrets, from `secrets` in the settings."""
    from conducky.cli.options import STDERR
    from conducky.pipeline.workflows import write_workflows
    from conducky.terminal import say

    for file in write_workflows():
        say(STDERR, f"✓ wrote {file.parent.name}/{file.name}")
