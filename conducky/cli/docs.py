"""`conducky docs`, which has no options."""

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
