"""Buckets, and whether Elastic Load Balancing may write access logs to one of them."""

from collections.abc import Mapping
from typing import cast

from conducky.catalog.property_bag import Properties, bag, bags
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.wildcards import listed, matches_any, statements

_BUCKET, _POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_DELIVERY = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
_OPERATORS = {"ArnEquals", "ArnLike", "Bool", "StringEquals", "StringLike"}
_FIX = "correct platform/access_logs.py"


class Buckets:
    """The buckets of an account. `objects` are the keys in each that is not empty; nobody reads what they hold."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.objects: dict[str, set[str]] = {}

    def configure(self, request: Request) -> Properties:
        """Any configuration of a bucket, which has to be there."""
        self._bucket(str(request.inputs["bucket"]))
        return {}

    def put_policy(self, request: Request) -> Properties:
        """Refuse a policy about something else, or one for everybody where those are blocked."""
        bucket = self._bucket(str(request.inputs["bucket"]))
        for statement in statements(request.inputs.get("policy")):
            if not all(f"{each}/".startswith(f"{bucket['arn']}/") for each in listed(statement.get("Resource"))):
                raise ResourceFailedError("MalformedPolicy: Policy has invalid resource", _FIX)
            public = statement["Effect"] == "Allow" and not statement.get("Condition")
            blocked = self._of(_BLOCK, bucket).get("blockPublicPolicy")
            if public and blocked and statement.get("Principal") in ("*", {"AWS": "*"}):
                raise ResourceFailedError(
                    "AccessDenied: public policies are prevented by the BlockPublicPolicy setting", _FIX
                )
        return {}

    def deliver(self, request: Request) -> Properties:
        """A load balancer's access logs: AWS tries to write where they are asked for, and refuses if it cannot."""
        logs = bag(request.inputs, "accessLogs")
        if not logs.get("enabled"):
            return {}
        name = str(logs.get("bucket"))
        prefix = f"AWSLogs/{self._account.place.account_id}"
        bucket = self._account.find(_BUCKET, bucket=name)
        if bucket is None or not self._may_write(bucket, prefix, str(request.outputs["arn"])):
            raise ResourceFailedError(
                f"InvalidConfigurationRequest: Access Denied for bucket: {name}. Please check S3bucket permission",
                f"{_FIX}: bucket, policy and encryption come first, and the load balancer depends on them",
            )
        self.objects.setdefault(name, set()).add(f"{prefix}/ELBAccessLogTestFile")
        return {}

    def delete(self, request: Request) -> None:
        """Refuse while something is in it, unless the provider empties it first."""
        name = str(request.outputs["bucket"])
        if name in self.objects and not request.outputs.get("forceDestroy"):
            raise ResourceFailedError(f"BucketNotEmpty: The bucket you tried to delete is not empty ({name})")
        self.objects.pop(name, None)

    def _bucket(self, name: str) -> Properties:
        problem = f"NoSuchBucket: The specified bucket does not exist ({name})"
        return self._account.need(_BUCKET, problem, _FIX, bucket=name)

    def _of(self, token: str, bucket: Properties) -> Properties:
        return self._account.find(token, bucket=bucket["bucket"]) or {}

    def _may_write(self, bucket: Properties, prefix: str, balancer: str) -> bool:
        """Whether the bucket's policy lets ELB, and its encryption is one that ELB can use."""
        rules = bags(self._of(_ENCRYPTION, bucket), "rules")
        used = [bag(rule, "applyServerSideEncryptionByDefault") for rule in rules]
        if any(each.get("sseAlgorithm") != "AES256" for each in used):
            return False
        known = {
            "aws:SourceArn": balancer,
            "aws:SourceAccount": self._account.place.account_id,
            "aws:SecureTransport": "true",
        }
        effects = {
            statement["Effect"]
            for statement in statements(self._of(_POLICY, bucket).get("policy"))
            if statement.get("Principal") in ("*", {"AWS": "*"}, _DELIVERY)
            and matches_any(statement.get("Action"), "s3:PutObject")
            and matches_any(statement.get("Resource"), f"{bucket['arn']}/{prefix}/x")
            and _holds(bag(statement, "Condition"), known)
        }
        return effects == {"Allow"}


def _holds(conditions: Properties, known: Mapping[str, str]) -> bool:
    """Whether every condition is about what ELB brings with it, and matches that."""
    return all(
        operator.removesuffix("IfExists") in _OPERATORS and key in known and matches_any(value, known[key])
        for operator, keys in conditions.items()
        for key, value in cast("Properties", keys).items()
    )
