"""`destroy`: its order, its guards, and the name that has to be given."""

import io

import pytest
from rich.console import Console

from conducky.deployment import deploy
from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.errors import UserError
from tests.fakes.pulumi import FakePulumi, resource

DATABASE = "aws:rds/instance:Instance"
LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
SERVICE = "aws:ecs/service:Service"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def deployed(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    """Something in each layer, nothing protected, nobody at a terminal."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    pulumi.deployed("bootstrap", resource("aws:iam/user:User", "deployer"))
    pulumi.deployed("platform", resource(DATABASE, "database"), resource(LOAD_BALANCER, "alb"))
    pulumi.deployed("services", resource(SERVICE, "backend"))
    return pulumi


def destroy(
    pulumi: FakePulumi, *, stack: str = "dev", layer: str | None = None, confirm: str | None = "dev"
) -> tuple[int, str]:
    said = io.StringIO()
    cli = PulumiCli(Selection.of(stack, layer), pulumi.root)
    return deploy.destroy(cli, confirm, Console(file=said)), said.getvalue()


def refusal(pulumi: FakePulumi, *, layer: str | None = None, confirm: str | None = "dev") -> str:
    with pytest.raises(UserError) as raised:
        destroy(pulumi, layer=layer, confirm=confirm)
    assert pulumi.changes == [], "refused, and yet something was done"
    return str(raised.value)


def test_services_go_before_platform_and_bootstrap_stays(deployed: FakePulumi) -> None:
    code, said = destroy(deployed)
    assert code == 0
    assert said == (
        "services/dev: 1 resource will be deleted for good\n"
        "platform/dev: 2 resources will be deleted for good\n"
        "» pulumi -C services destroy --stack dev\n"
        "» pulumi -C platform destroy --stack dev\n"
    )
    assert deployed.changes == ["-C services destroy --stack dev --yes", "-C platform destroy --stack dev --yes"]


def test_no_language_host_is_needed(deployed: FakePulumi) -> None:
    deployed.binary.with_name("pulumi-language-python").unlink()
    assert destroy(deployed)[0] == 0


def test_bootstrap_goes_when_it_is_named_and_nothing_stands_on_it(deployed: FakePulumi) -> None:
    deployed.deployed("services")
    deployed.no_stack("platform")
    assert destroy(deployed, layer="bootstrap")[0] == 0
    assert deployed.changes == ["-C bootstrap destroy --stack dev --yes"]


@pytest.mark.parametrize(
    ("layer", "empty", "above"),
    [
        ("platform", [], "services"),
        ("bootstrap", [], "services"),
        ("bootstrap", ["services"], "platform"),
    ],
)
def test_a_layer_stays_while_another_stands_on_it(
    deployed: FakePulumi, layer: str, empty: list[str], above: str
) -> None:
    for gone in empty:
        deployed.deployed(gone)
    assert refusal(deployed, layer=layer).startswith(
        f"nothing was removed: {above}/dev stands on {layer} and still has "
    )
    assert refusal(deployed, layer=layer).endswith(f": run `make destroy STACK=dev LAYER={above}` first")


def test_platform_goes_alone_once_services_is_gone(deployed: FakePulumi) -> None:
    deployed.no_stack("services")
    assert destroy(deployed, layer="platform")[0] == 0
    assert deployed.changes == ["-C platform destroy --stack dev --yes"]


@pytest.mark.parametrize("layer", [None, "platform"])
def test_a_protected_database_stops_it_before_services_are_touched(deployed: FakePulumi, layer: str | None) -> None:
    if layer:
        deployed.no_stack("services")
    deployed.deployed(
        "platform",
        resource(DATABASE, "database", protect=True, outputs={"deletionProtection": True}),
        resource(LOAD_BALANCER, "alb", outputs={"enableDeletionProtection": True}),
    )
    assert refusal(deployed, layer=layer) == (
        "nothing was removed: database and alb of platform/dev are protected against deletion: run "
        "`pulumi -C platform config set deletionProtection false --stack dev` and "
        "`make deploy STACK=dev LAYER=platform` first"
    )


def test_services_alone_go_whatever_platform_protects(deployed: FakePulumi) -> None:
    deployed.deployed("platform", resource(DATABASE, "database", protect=True))
    assert destroy(deployed, layer="services")[0] == 0
    assert deployed.changes == ["-C services destroy --stack dev --yes"]


def test_a_wrong_name_does_nothing(deployed: FakePulumi) -> None:
    assert refusal(deployed, confirm="prod") == "nothing was removed: `prod` is not the name of the stack, `dev`"


def test_without_a_terminal_the_name_must_be_an_option(deployed: FakePulumi) -> None:
    assert refusal(deployed, confirm=None) == (
        "nothing was removed: nobody is here to confirm it, so say it with "
        '`make destroy STACK=dev ARGS="--confirm dev"`'
    )


@pytest.mark.parametrize("typed", ["", "\n", "y\n", "yes\n", "prod\n"])
def test_anything_but_the_name_stops_it(deployed: FakePulumi, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert "nothing was removed" in refusal(deployed, confirm=None)


def test_the_name_typed_is_the_consent(deployed: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("dev\n"))
    code, said = destroy(deployed, confirm=None)
    assert code == 0
    assert "Type the stack's name (dev) to delete them, anything else to stop: " in said
    assert len(deployed.changes) == 2


def test_a_failure_leaves_the_layer_below(deployed: FakePulumi) -> None:
    deployed.answer("services", "destroy", code=1)
    code, said = destroy(deployed)
    assert code == 1
    assert said.endswith("platform was not begun: mend services and run `make destroy STACK=dev` again\n")
    assert deployed.changes == ["-C services destroy --stack dev --yes"]


def test_what_is_gone_already_is_passed_over(deployed: FakePulumi) -> None:
    deployed.no_stack("services")
    code, said = destroy(deployed)
    assert code == 0
    assert said.startswith("services/dev does not exist\n")
    assert deployed.changes == ["-C platform destroy --stack dev --yes"]


def test_the_outputs_that_a_partial_destroy_left_go_too(deployed: FakePulumi) -> None:
    """The next layer up would otherwise preview with values of what is gone."""
    deployed.deployed("services")
    assert destroy(deployed)[1].startswith("services/dev: 0 resources")
    assert deployed.changes[0] == "-C services destroy --stack dev --yes"


def test_empty_stacks_are_done(pulumi: FakePulumi) -> None:
    assert destroy(pulumi) == (0, "services/dev is empty already\nplatform/dev is empty already\n")


def test_a_stack_that_no_layer_has_is_a_mistake(deployed: FakePulumi) -> None:
    deployed.no_stack("services")
    deployed.no_stack("platform")
    assert refusal(deployed) == "there is no stack `dev` of platform or services: see `pulumi -C platform stack ls`"
