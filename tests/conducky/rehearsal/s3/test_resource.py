"""Buckets as S3 has them, and access logs as Elastic Load Balancing asks of their bucket."""

import json

import pytest
from access_logs import bucket_policy

from conducky.catalog.property_bag import Properties
from tests.conducky.rehearsal.client import Client, RefusedError, Resource
from tests.conducky.rehearsal.ecs.deployed_service import PLACE

BUCKET, POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
ARN = "arn:aws:s3:::logs"
NO_ACCESS = "InvalidConfigurationRequest: Access Denied for bucket: logs"


def bucket(client: Client, **inputs: object) -> Resource:
    return client.create(BUCKET, "logs", {"bucket": "logs", **inputs})


def put_policy(client: Client, document: object) -> Resource:
    return client.create(POLICY, "logs", {"bucket": "logs", "policy": json.dumps(document)})


def balancer(client: Client, *, enabled: bool = True) -> Resource:
    logs = {"bucket": "logs" if enabled else "", "enabled": enabled}
    return client.create(BALANCER, "one", {"name": "one", "subnets": ["subnet-1"], "accessLogs": logs})


def changed(position: int, **different: object) -> Properties:
    """The policy of platform with something else in one of its statements."""
    document = json.loads(json.dumps(bucket_policy(ARN, PLACE)))
    document["Statement"][position] |= different
    return document


def test_the_platforms_own_policy_lets_a_load_balancer_write(client: Client) -> None:
    bucket(client)
    put_policy(client, bucket_policy(ARN, PLACE))
    balancer(client)
    assert client.stand_ins.buckets.objects == {"logs": {f"AWSLogs/{PLACE.account_id}/ELBAccessLogTestFile"}}


def test_without_access_logs_no_bucket_is_needed(client: Client) -> None:
    balancer(client, enabled=False)
    assert client.stand_ins.buckets.objects == {}


@pytest.mark.parametrize("missing", ["bucket", "policy"])
def test_what_is_missing_is_refused_as_aws_does(client: Client, missing: str) -> None:
    if missing == "policy":
        bucket(client)
    with pytest.raises(RefusedError, match=NO_ACCESS) as refused:
        balancer(client)
    assert "platform/access_logs.py" in str(refused.value)


@pytest.mark.parametrize(
    "document",
    [
        changed(0, Principal={"Service": "delivery.logs.amazonaws.com"}),
        changed(0, Action="s3:GetObject"),
        changed(0, Resource=f"{ARN}/AWSLogs/210987654321/*"),
        changed(0, Resource=ARN),
        changed(0, Effect="Deny"),
        changed(
            0, Condition={"ArnLike": {"aws:SourceArn": PLACE.arn("elasticloadbalancing", "loadbalancer/app/two/*")}}
        ),
        changed(0, Condition={"StringEquals": {"aws:SourceAccount": "210987654321"}}),
        changed(0, Condition={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}),
        changed(0, Condition={"StringNotEquals": {"aws:SourceAccount": PLACE.account_id}}),
        changed(1, Condition={"Bool": {"aws:SecureTransport": "true"}}),
    ],
)
def test_a_policy_that_does_not_let_it_write_is_refused(client: Client, document: Properties) -> None:
    bucket(client)
    put_policy(client, document)
    with pytest.raises(RefusedError, match=NO_ACCESS):
        balancer(client)


def test_it_writes_to_no_bucket_with_a_key_of_kms(client: Client) -> None:
    bucket(client)
    put_policy(client, bucket_policy(ARN, PLACE))
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]
    client.create(ENCRYPTION, "logs", {"bucket": "logs", "rules": rules})
    with pytest.raises(RefusedError, match=NO_ACCESS):
        balancer(client)


@pytest.mark.parametrize("token", [POLICY, BLOCK])
def test_a_bucket_comes_before_what_configures_it(client: Client, token: str) -> None:
    with pytest.raises(RefusedError, match="NoSuchBucket"):
        client.create(token, "logs", {"bucket": "logs", "policy": json.dumps(bucket_policy(ARN, PLACE))})


def test_a_policy_is_about_its_own_bucket(client: Client) -> None:
    bucket(client)
    with pytest.raises(RefusedError, match="MalformedPolicy"):
        put_policy(client, bucket_policy("arn:aws:s3:::logs-of-another", PLACE))


def test_a_policy_for_everybody_is_refused_where_those_are_blocked(client: Client) -> None:
    everybody = changed(0, Principal="*", Condition={})
    bucket(client)
    put_policy(client, everybody)
    client.create(BLOCK, "logs", {"bucket": "logs", "blockPublicPolicy": True})
    with pytest.raises(RefusedError, match="BlockPublicPolicy"):
        put_policy(client, everybody)


@pytest.mark.parametrize("emptied", [True, False])
def test_a_bucket_with_logs_goes_only_if_it_may_be_emptied(client: Client, *, emptied: bool) -> None:
    created = bucket(client, forceDestroy=emptied)
    put_policy(client, bucket_policy(ARN, PLACE))
    balancer(client)
    if emptied:
        client.delete(created)
        assert client.stand_ins.buckets.objects == {}
    else:
        with pytest.raises(RefusedError, match="BucketNotEmpty"):
            client.delete(created)


def test_an_empty_bucket_goes(client: Client) -> None:
    client.delete(bucket(client))
    assert client.account.of(BUCKET) == []


def test_another_bucket_of_that_name_is_refused(client: Client) -> None:
    bucket(client)
    with pytest.raises(RefusedError, match="BucketAlreadyOwnedByYou"):
        bucket(client)


def test_objects_expire_after_a_day_at_the_least(client: Client) -> None:
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    rules = [{"id": "expire", "status": "Enabled", "expiration": {"days": 0}}]
    assert "positive integer" in str(client.problems(token, {"bucket": "logs", "rules": rules}))
