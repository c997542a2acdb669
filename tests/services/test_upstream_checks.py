"""What the layers below do not allow is said before anything is created."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from conducky.naming import Place
from tests.services.container_definitions import environment

Again = Callable[..., Evaluation]
ROLE = ("aws:iam/role:Role", "conducky-dev-backend-task")
IDENTITY = "aws:index/getCallerIdentity:getCallerIdentity"


def upstream(bootstrap: Evaluation, platform: Evaluation, **platform_exports: object) -> Mapping[str, Any]:
    return {"bootstrap": bootstrap.exports, "platform": {**platform.exports, **platform_exports}}


@pytest.fixture
def called_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    original = lookups.answer

    def by(caller: str) -> None:
        def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
            found = original(token, arguments, place)
            return {**found, "arn": caller} if token == IDENTITY and found is not None else found

        monkeypatch.setattr(lookups, "answer", answer)

    return by


@pytest.mark.parametrize("application", ["backend", "frontend"])
def test_a_task_larger_than_bootstrap_allows(
    evaluate_services: Again, bootstrap: Evaluation, platform: Evaluation, begun: list[str], application: str
) -> None:
    below = upstream(bootstrap, platform)
    small = {**below, "bootstrap": {**bootstrap.exports, "max_task_cpu": 512.0}}
    config = {f"{application}Cpu": "1024", f"{application}Memory": "2048"}
    with pytest.raises(UserError, match=f"`{application}Cpu` is 1024") as caught:
        evaluate_services(config=config, upstream=small)
    assert "set maxTaskCpu 1024" in caught.value.fix
    assert begun == []
    assert evaluate_services(config=config, upstream=below)


@pytest.mark.parametrize(
    ("wanted", "limit", "fits"),
    [((1, 10), 29, 9), ((2, 10), 49, 9), ((4, 10), 78, 8), ((20, 10), 78, 1), ((20, 2), 89, 1)],
)
def test_more_connections_than_the_database_takes(
    evaluate_services: Again,
    bootstrap: Evaluation,
    platform: Evaluation,
    begun: list[str],
    wanted: tuple[int, int],
    limit: int,
    fits: int,
) -> None:
    """Old and new tasks are connected during a release, and ten connections are for others."""
    count, size = wanted
    config = {"backendCount": str(count), "databasePoolSize": str(size)}
    with pytest.raises(UserError, match="`databasePoolSize`") as caught:
        evaluate_services(config=config, upstream=upstream(bootstrap, platform, database_max_connections=limit))
    assert f"set databasePoolSize {fits} --stack dev" in caught.value.fix
    assert "databaseInstanceClass" in caught.value.fix
    assert begun == []
    for enough in (2 * count * size + 10, 0):  # or nobody knows
        evaluate_services(config=config, upstream=upstream(bootstrap, platform, database_max_connections=enough))


def test_each_task_gets_its_share(evaluate_services: Again) -> None:
    assert environment(evaluate_services(config={"databasePoolSize": "7"}), "backend")["DATABASE_POOL_SIZE"] == "7"


def test_a_parameter_that_the_backends_role_cannot_read(
    evaluate_services: Again, bootstrap: Evaluation, platform: Evaluation, begun: list[str]
) -> None:
    former = "arn:aws:ssm:us-east-1:123456789012:parameter/conducky/dev/DATABASE_URL"
    with pytest.raises(UserError, match="DATABASE_URL") as caught:
        evaluate_services(upstream=upstream(bootstrap, platform, database_url_parameter_arn=former))
    assert "make deploy LAYER=platform STACK=dev" in caught.value.fix
    assert begun == []


@pytest.mark.parametrize(
    ("caller", "is_refused"),
    [
        ("arn:aws:iam::123456789012:user/conducky-dev-deployer", True),
        ("arn:aws:sts::123456789012:assumed-role/conducky-dev-github-deploy/GitHubActions", True),
        ("arn:aws:iam::123456789012:user/admin", False),
    ],
)
def test_roles_of_an_earlier_release_need_an_admin_once(
    evaluate_services: Again,
    begun: list[str],
    called_by: Callable[[str], None],
    caller: str,
    is_refused: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    called_by(caller)
    deployed = {ROLE: {"arn": "arn:aws:iam::123456789012:role/conducky-dev-backend-task-0123456"}}
    if not is_refused:
        assert evaluate_services(deployed=deployed)
        return
    with pytest.raises(UserError, match="the deployer cannot delete them") as caught:
        evaluate_services(deployed=deployed)
    assert "`make deploy STACK=dev` once as an AWS admin" in caught.value.fix
    assert begun == []
    assert evaluate_services(), "after the move the deployer deploys as ever"
