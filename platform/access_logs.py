"""Who asked for what: the load balancers' access logs, in a private bucket that forgets them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.naming import Names, Place

# In every region, also in those where older instructions name an account of AWS's.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"


@dataclass(frozen=True)
class AccessLogsArgs:
    """Whose logs these are and where, for how many days they are kept, and whether the bucket is never deleted."""

    names: Names
    place: Place
    days: int
    protected: bool


class AccessLogs(pulumi.ComponentResource):
    """A bucket that load balancers of this account and region write to, and nobody reads without a right of their own.

    ELB tries to write as soon as access logs are on: only what depends on `policy` finds the bucket ready.
    """

    def __init__(self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:platform:AccessLogs", name, None, opts)
        # Neither is annotated above, where the SDK would load S3 for every stack
        self.bucket = aws.s3.Bucket(
            args.names.of(name),
            force_destroy=not args.protected,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protected),
        )
        bucket = self.bucket.bucket
        blocked = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._after([self.bucket]),
        )
        # One after the other: S3 refuses two changes of a bucket at the same time (OperationAborted).
        owned = aws.s3.BucketOwnershipControls(
            name, bucket=bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=self._after([blocked])
        )
        encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket,
            # ELB writes to no bucket with a key of KMS.
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self._after([owned]),
        )
        expiring = aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket,
            rules=[
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": "AWSLogs/"},
                    "expiration": {"days": args.days},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                }
            ],
            opts=self._after([encrypted]),
        )
        self.policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket,
            policy=self.bucket.arn.apply(lambda arn: json.dumps(bucket_policy(arn, args.place), sort_keys=True)),
            opts=self._after([expiring]),
        )
        self.register_outputs({"bucket": bucket})

    def _after(self, others: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=others)


def bucket_policy(arn: str, place: Place) -> dict[str, object]:
    """ELB writes below this account's number, and nobody does anything without TLS."""
    balancers = place.arn("elasticloadbalancing", "loadbalancer/*")
    delivery: dict[str, object] = {
        "Sid": "Delivery",
        "Effect": "Allow",
        "Principal": {"Service": DELIVERY},
        "Action": "s3:PutObject",
        # ELB writes the logs of each account below its number: another account's load balancers cannot write here.
        "Resource": f"{arn}/AWSLogs/{place.account_id}/*",
        # Where ELB says for which load balancer it writes, that is one of here; sources disagree if it always does.
        "Condition": {"ArnLikeIfExists": {"aws:SourceArn": balancers}},
    }
    tls: dict[str, object] = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [delivery, tls]}
