"""What each setting, image and secret does to what is deployed, for every stack, on the real engine."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from conducky.repository import ROOT
from tests.scenarios.deployment import assert_state_is_what_exists, rehearsed, up
from tests.scenarios.effects import observe
from tests.scenarios.setting_cases import STACKS
from tools.docs.effects import Effect, read_effects, write_effects

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(1500)]

FILE = ROOT / "tools" / "docs" / "effects.json"

# What holds data, or an address that people know.
STATEFUL = (
    "aws:rds/instance:Instance ",
    "aws:cloudfront/distribution:Distribution ",
    "aws:ecr/repository:Repository ",
    "aws:ssm/parameter:Parameter ",
    "aws:cloudwatch/logGroup:LogGroup ",
    "aws:lb/loadBalancer:LoadBalancer ",
    "aws:s3/bucket:Bucket ",
    "aws:ecs/cluster:Cluster ",
    "aws:iam/user:User ",
    "random:index/randomPassword:RandomPassword ",
)

Found = dict[str, dict[str, Effect]]


@pytest.fixture(scope="module", params=STACKS)
def found(
    request: pytest.FixtureRequest, stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[str, Found]]:
    """A stack and the effects that were seen on it."""
    stack = cast("str", request.param)
    root = shutil.copytree(stand_ins, tmp_path_factory.mktemp("effects") / "repository")
    with rehearsed(root, stack, images) as rehearsal:
        up(rehearsal)
        again = up(rehearsal)
        assert [result.operations for result in again.values()] == [{}, {}, {}]
        assert_state_is_what_exists(rehearsal)
        effects = observe(rehearsal)
        if os.environ.get("UPDATE_EFFECTS"):
            write_effects(FILE, {**(read_effects(FILE) if FILE.exists() else {}), stack: effects})
        yield stack, effects


def test_each_change_does_what_the_table_says(found: tuple[str, Found]) -> None:
    stack, effects = found
    assert effects == read_effects(FILE)[stack], (
        "when this is meant: `UPDATE_EFFECTS=1 make test-slow ARGS=tests/scenarios`"
    )


def test_nothing_that_holds_data_is_ever_replaced_by_a_setting(found: tuple[str, Found]) -> None:
    lost = [
        f"{change} in {layer}: {resource} {operation}"
        for layer, effects in found[1].items()
        for change, effect in effects.items()
        for operations in effect.changes.values()
        for resource, operation in operations.items()
        if resource.startswith(STATEFUL) and operation not in ("create", "update")
    ]
    # Two load balancers become one again, one becomes an API, or internal or public, or writes no more logs: that is
    # what was asked for.
    asked = {
        "accessLogDays: 0 in platform: aws:s3/bucket:Bucket access-logs delete",
        "https: cloudfront in platform: aws:lb/loadBalancer:LoadBalancer alb replace",
        *(
            f"https: off in platform: aws:{gone}"
            for gone in ("lb/loadBalancer:LoadBalancer alb replace", "cloudfront/distribution:Distribution cdn delete")
            if found[0] == "prod"
        ),
        "entrance: http-api in platform: aws:cloudfront/distribution:Distribution cdn delete",
        "entrance: http-api in platform: aws:lb/loadBalancer:LoadBalancer alb delete",
        "loadBalancers: shared in platform: aws:lb/loadBalancer:LoadBalancer api delete",
    }
    assert set(lost) == asked


@pytest.mark.parametrize("application", ["backend", "frontend"])
def test_a_new_image_replaces_its_task_definition_and_updates_its_service(
    found: tuple[str, Found], application: str
) -> None:
    assert found[1]["services"][f"({application} changed)"].changes == {
        "services": {
            "aws:ecs/service:Service " + application: "update",
            "aws:ecs/taskDefinition:TaskDefinition " + application: "replace",
            "docker-build:index:Image " + application: "update",
        }
    }


@pytest.mark.parametrize("secret", ["JWT_SECRET", "SESSION_SECRET"])
def test_a_rotated_secret_replaces_the_task_definition_and_updates_the_service(
    found: tuple[str, Found], secret: str
) -> None:
    assert found[1]["services"][f"({secret} rotated)"].changes == {
        "services": {
            "aws:ecs/service:Service backend": "update",
            "aws:ecs/taskDefinition:TaskDefinition backend": "replace",
            "aws:ssm/parameter:Parameter backend-" + secret: "update",
        }
    }
