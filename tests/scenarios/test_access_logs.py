"""Access logs on a stack that is up, switched on and off again on the real engine."""

from pathlib import Path

import pytest

from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.deployment import BOTH, answers, assert_state_is_what_exists, refused, rehearsed, up, wait_for_both
from tests.scenarios.repository import copy_of

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]

BUCKET, BALANCER = "aws:s3/bucket:Bucket", "aws:lb/loadBalancer:LoadBalancer"


def test_they_come_and_go_while_the_stack_serves(
    stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = copy_of(stand_ins, tmp_path_factory.mktemp("access logs") / "repository")
    with rehearsed(root, "dev", images) as rehearsal:
        up(rehearsal)
        assert wait_for_both(rehearsal)
        platform = rehearsal.layer("platform")
        platform.set_config("accessLogDays", "30")
        platform.set_config("deletionProtection", "true")
        changes(rehearsal)
        (bucket,) = rehearsal.account.of(BUCKET)
        assert rehearsal.stand_ins.buckets.objects == {bucket["bucket"]: {"AWSLogs/123456789012/ELBAccessLogTestFile"}}

        platform.set_config("accessLogDays", None)
        assert "protect" in refused(rehearsal, "platform"), "a protected stack keeps what was logged"
        assert rehearsal.account.of(BUCKET) == [bucket]

        platform.set_config("accessLogDays", "30")
        platform.set_config("deletionProtection", "false")
        changes(rehearsal)
        platform.set_config("accessLogDays", None)
        changes(rehearsal)
        assert [each for each in rehearsal.account.resources if "s3/" in each and rehearsal.account.of(each)] == []
        assert rehearsal.stand_ins.buckets.objects == {}
        (balancer,) = rehearsal.account.of(BALANCER)
        assert balancer["accessLogs"]["enabled"] is False


def changes(rehearsal: Rehearsal) -> None:
    """An `up` of platform changes something, a second one nothing, and both applications answer all the same."""
    assert up(rehearsal, "platform")["platform"].operations
    assert answers(rehearsal) == BOTH
    assert up(rehearsal, "platform")["platform"].operations == {}
    assert_state_is_what_exists(rehearsal)
