"""What the engine hears of a resource that exists and does not work, and what the next `up` finds."""

import pytest

from conducky.catalog import property_bag
from conducky.catalog.property_bag import Properties
from tests.conducky.rehearsal.client import Client, RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import SERVICE, DeployedService

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def stops(deployed: DeployedService) -> object:
    yield
    for service in deployed.stand_ins.services.running.values():
        service.stop()


def failed_update(deployed: DeployedService, service: Resource, wanted: Resource) -> Resource:
    """The service as the engine stores it after a release that failed."""
    with pytest.raises(RefusedError) as failed:
        deployed.client.update(service, deployed.service(wanted))
    return stored(failed.value, service.inputs | deployed.service(wanted))


def stored(error: RefusedError, inputs: Properties) -> Resource:
    assert error.kept is not None, "it was refused before anything was created or changed"
    assert property_bag.read(error.kept.inputs) == property_bag.read(property_bag.write(inputs))
    return Resource(SERVICE, "backend", error.kept.id, inputs, property_bag.read(error.kept.properties))


def runs(deployed: DeployedService) -> str:
    return deployed.get("/api/version")[1]


def test_a_failed_release_is_stored_as_planned_while_ecs_went_back(deployed: DeployedService) -> None:
    first, second = deployed.version("1"), deployed.version("2", BREAK="a bug")
    kept = failed_update(deployed, deployed.deploy(first), second)

    assert kept["taskDefinition"] == second["arn"]
    assert deployed.client.refresh(kept)["taskDefinition"] == first["arn"]
    assert runs(deployed) == "1"


def test_the_same_release_again_does_nothing_until_the_state_is_read(deployed: DeployedService) -> None:
    """Green, although ECS runs something else: what `refresh` in services/Pulumi.yaml prevents."""
    service, second = deployed.deploy(deployed.version("1")), deployed.version("2", BREAK="a bug")
    kept = failed_update(deployed, service, second)

    again = deployed.client.update(kept, deployed.service(second))

    assert runs(deployed) == "1"
    assert again["taskDefinition"] == service["taskDefinition"], "it ends with a read"
    assert deployed.client.diff(again, deployed.service(second)).diffs == ["taskDefinition"]


def test_a_release_that_is_fixed_after_a_refresh_goes_through(deployed: DeployedService) -> None:
    service, second = deployed.deploy(deployed.version("1")), deployed.version("2", BREAK="a bug")
    found = deployed.client.refresh(failed_update(deployed, service, second))

    done = deployed.client.update(found, deployed.service(deployed.version("3")))

    assert runs(deployed) == "3"
    assert not deployed.client.diff(done, done.inputs).diffs


def test_the_first_release_ever_leaves_a_service_for_which_nothing_is_started(deployed: DeployedService) -> None:
    broken = deployed.version("1", BREAK="a bug")
    with pytest.raises(RefusedError) as failed:
        deployed.deploy(broken)
    kept = stored(failed.value, deployed.service(broken))

    (service,) = deployed.stand_ins.services.running.values()
    service.replace_ended()
    assert service.tasks == []
    again = deployed.client.update(kept, kept.inputs)
    assert deployed.targets() == []
    with pytest.raises(RefusedError, match="ECS starts no more tasks"):
        deployed.client.update(again, deployed.service(broken, count=2))


def test_another_trigger_repeats_a_first_release(deployed: DeployedService) -> None:
    broken, good = deployed.version("1", BREAK="a bug"), deployed.version("2")
    release = {"forceNewDeployment": True, "triggers": {"release": "1"}}
    with pytest.raises(RefusedError) as failed:
        deployed.client.create(SERVICE, "backend", deployed.service(broken) | release)
    kept = stored(failed.value, deployed.service(broken) | release)
    # What was wrong is fixed outside of the program, as a missing capacity or a secret
    deployed.account.resources[broken.token][broken.id] |= {
        "containerDefinitions": good["containerDefinitions"],
    }

    deployed.client.update(kept, kept.inputs | {"triggers": {"release": "2"}})

    assert runs(deployed) == "2"


def test_what_ecs_refuses_leaves_nothing(deployed: DeployedService) -> None:
    wanted = deployed.service(deployed.version("1")) | {"cluster": "arn:aws:ecs:eu-west-1:1:cluster/none"}

    with pytest.raises(RefusedError) as refused:
        deployed.client.create(SERVICE, "backend", wanted)

    assert refused.value.kept is None
    assert deployed.account.of(SERVICE) == []
    assert deployed.stand_ins.services.running == {}


def test_a_partial_failure_names_no_secret(client: Client, deployed: DeployedService) -> None:
    with pytest.raises(RefusedError, match=r"cannot start with \[secret\]"):
        deployed.deploy(deployed.version("1", BREAK="a bug"))
