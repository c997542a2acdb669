"""What `destroy` refuses to remove: its guards, its order, and the name that has to be given."""

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


def refusal(pulumi: FakePulumi, *, layer: str | None = None, confirm: str | None = "dev") -> UserError:
    with pytest.raises(UserError) as raised:
        destroy(pulumi, layer=layer, confirm=confirm)
    assert pulumi.changes == [], "refused, and yet something was done"
    return raised.value


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


def test_bootstrap_goes_when_it_is_named_and_nothing_depends_on_it(deployed: FakePulumi) -> None:
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
def test_a_layer_stays_while_another_depends_on_it(
    deployed: FakePulumi, layer: str, empty: list[str], above: str
) -> None:
    for gone in empty:
        deployed.deployed(gone)
    error = refusal(deployed, layer=layer)
    assert error.problem.startswith(f"nothing was removed: {above}/dev depends on {layer} and still has ")
    assert error.fix == f"run `make destroy STACK=dev LAYER={above}` first"


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
    error = refusal(deployed, layer=layer)
    assert "database and alb of platform/dev are protected" in error.problem
    assert "`pulumi -C platform config set deletionProtection false --stack dev`" in error.fix
    assert "`make deploy STACK=dev LAYER=platform`" in error.fix


def test_services_alone_go_whatever_platform_protects(deployed: FakePulumi) -> None:
    deployed.deployed("platform", resource(DATABASE, "database", protect=True))
    assert destroy(deployed, layer="services")[0] == 0
    assert deployed.changes == ["-C services destroy --stack dev --yes"]


def test_a_wrong_name_does_nothing(deployed: FakePulumi) -> None:
    error = refusal(deployed, confirm="prod")
    assert "`prod` is not the name of the stack" in error.problem
    assert "type `dev`" in error.fix


def test_without_a_terminal_the_name_must_be_an_option(deployed: FakePulumi) -> None:
    error = refusal(deployed, confirm=None)
    assert "no terminal" in error.problem
    assert error.fix == 'run `make destroy STACK=dev ARGS="--confirm dev"`'


@pytest.mark.parametrize("typed", ["", "\n", "y\n", "yes\n", "prod\n"])
def test_anything_but_the_name_stops_it(deployed: FakePulumi, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert "nothing was removed" in refusal(deployed, confirm=None).problem


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
    assert said.endswith("platform was skipped. Fix services and run `make destroy STACK=dev` again\n")
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
    error = refusal(deployed)
    assert error.problem == "there is no stack `dev` of platform or services"
    assert error.fix == "see `pulumi -C platform stack ls`"
