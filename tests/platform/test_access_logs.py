"""Access logs, when asked for: a bucket that only Elastic Load Balancing writes to, and that is there before."""

import json

import pytest

from conducky.evaluation.evaluate import Evaluation, evaluate

BALANCER, BUCKET = "aws:lb/loadBalancer:LoadBalancer", "aws:s3/bucket:Bucket"
EXPIRING = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


@pytest.fixture(scope="module")
def logged() -> Evaluation:
    return evaluate(
        "platform", config={"accessLogDays": "90", "loadBalancers": "dedicated", "crossSiteSessions": "accept-broken"}
    )


def test_there_are_none_unless_asked_for(platform: Evaluation) -> None:
    assert [each.type for each in platform.resources if each.type.startswith("aws:s3/")] == []


def test_a_load_balancer_without_them_says_so(platform: Evaluation) -> None:
    """The provider does not see that a block went away, and AWS would go on writing to a bucket that is gone."""
    assert platform.one(BALANCER).inputs["accessLogs"] == {"bucket": "", "enabled": False}


def test_every_load_balancer_writes_to_the_one_bucket(logged: Evaluation) -> None:
    bucket = logged.one(BUCKET).outputs["bucket"]
    assert bucket.startswith("conducky-dev-access-logs-")
    assert [each.inputs["accessLogs"] for each in logged.of(BALANCER)] == [{"bucket": bucket, "enabled": True}] * 2


def test_the_bucket_is_ready_before_a_load_balancer_tries_to_write(logged: Evaluation) -> None:
    by_urn = {each.urn: each for each in logged.resources}
    for balancer in logged.of(BALANCER):
        before: set[str] = set()
        new = set(balancer.depends_on)
        while new:
            before |= new
            new = {each for urn in new for each in by_urn[urn].depends_on} - before
        assert {each.urn for each in logged.resources if each.type.startswith("aws:s3/")} <= before


def test_elb_alone_writes_below_the_accounts_number(logged: Evaluation) -> None:
    policy = json.loads(logged.one("aws:s3/bucketPolicy:BucketPolicy").inputs["policy"])
    (allowed,) = (each for each in policy["Statement"] if each["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert allowed["Action"] == "s3:PutObject"
    assert allowed["Resource"] == f"{logged.one(BUCKET).outputs['arn']}/AWSLogs/123456789012/*"
    own = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/*"
    assert allowed["Condition"] == {"ArnLikeIfExists": {"aws:SourceArn": own}}


@pytest.mark.parametrize("days", [1, 3650])
def test_they_are_kept_for_as_many_days_as_the_setting_says(days: int) -> None:
    (rule,) = evaluate("platform", config={"accessLogDays": str(days)}).one(EXPIRING).inputs["rules"]
    assert (rule["status"], rule["expiration"], rule["filter"]) == ("Enabled", {"days": days}, {"prefix": "AWSLogs/"})


@pytest.mark.parametrize("protected", [True, False])
def test_of_a_protected_stack_they_stay(*, protected: bool) -> None:
    config = {"accessLogDays": "90", "deletionProtection": str(protected).lower()}
    bucket = evaluate("platform", config=config).one(BUCKET)
    assert (bucket.protect, bucket.inputs["forceDestroy"]) == (protected, not protected)


def test_behind_cloudfront_the_internal_load_balancer_writes_them() -> None:
    made = evaluate("platform", config={"accessLogDays": "90", "https": "cloudfront"})
    assert made.one(BALANCER).inputs["accessLogs"]["enabled"] is True
