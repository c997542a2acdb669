"""What the deployer may do for the setting `https`: certificates, CloudFront, records of the stack's names, subnets."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.naming import Place
from conducky.policy import Statement

# ACM's names for the records that prove a name: an underscore and 32 hexadecimal digits before it.
_PROOF = "_" + "?" * 32
_NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"


def https_statements(scope: Scope) -> Sequence[Statement]:
    """AWS names all of these itself but the records, so statements name the stack's tags, and the records' names."""
    return [*_certificates(scope), *_cloudfront(scope), *_subnets(scope), *records_statements(scope)]


def _certificates(scope: Scope) -> Sequence[Statement]:
    """CloudFront's are in us-east-1, wherever the stack is."""
    places = (scope.place, Place("us-east-1", scope.place.account_id))
    certificates = sorted({place.arn("acm", "certificate/*") for place in places})
    return [
        Statement(
            "RequestCertificates",
            ["acm:RequestCertificate"],
            ["*"],
            {"StringEquals": scope.new_tags},
            reason="A new certificate, with this stack's tags only; it has no ARN to name yet.",
        ),
        Statement(
            "TagNewCertificates",
            ["acm:AddTagsToCertificate"],
            certificates,
            {"StringEquals": scope.new_tags, "Null": {"aws:ResourceTag/Project": "true"}},
            reason="The tags that it carries from the start.",
        ),
        Statement(
            "OwnCertificates",
            [
                "acm:AddTagsToCertificate",
                "acm:DeleteCertificate",
                "acm:DescribeCertificate",
                "acm:ListTagsForCertificate",
            ],
            certificates,
            {"StringEquals": scope.own_tags, "StringEqualsIfExists": scope.new_tags},
            reason="Waiting for this stack's certificate, and deleting it.",
        ),
    ]


def _cloudfront(scope: Scope) -> Sequence[Statement]:
    own = [scope.arn("cloudfront", f"{kind}/*") for kind in ("distribution", "vpcorigin")]
    return [
        Statement(
            "CreateDistributions",
            ["cloudfront:CreateDistribution", "cloudfront:CreateVpcOrigin"],
            ["*"],
            {"StringEquals": scope.new_tags},
            reason="A new distribution and VPC origin, with this stack's tags only; they have no ARN to name yet.",
        ),
        Statement(
            "TagNewDistributions",
            ["cloudfront:TagResource"],
            own,
            {"StringEquals": scope.new_tags, "Null": {"aws:ResourceTag/Project": "true"}},
            reason="The tags that those carry from the start.",
        ),
        Statement(
            "OwnDistributions",
            [
                "cloudfront:DeleteDistribution",
                "cloudfront:DeleteVpcOrigin",
                "cloudfront:GetDistribution",
                "cloudfront:GetVpcOrigin",
                "cloudfront:ListTagsForResource",
                "cloudfront:TagResource",
                "cloudfront:UpdateDistribution",
                "cloudfront:UpdateVpcOrigin",
            ],
            own,
            {"StringEquals": scope.own_tags, "StringEqualsIfExists": scope.new_tags},
            reason="This stack's distribution and VPC origin.",
        ),
    ]


def _subnets(scope: Scope) -> Sequence[Statement]:
    """The private subnets of the load balancer, in the VPC that all share. Tags are in deployer_network.py."""
    own = [scope.arn("ec2", f"{kind}/*") for kind in ("route-table", "subnet")]
    create = ["ec2:CreateRouteTable", "ec2:CreateSubnet"]
    return [
        Statement(
            "CreateSubnets",
            create,
            own,
            {"StringEquals": scope.new_tags},
            reason="New subnets and their route table, with this stack's tags only.",
        ),
        Statement("CreateSubnetsInVpc", create, [scope.arn("ec2", "vpc/*")], reason="The VPC they go into."),
        Statement(
            "OwnSubnets",
            [
                "ec2:AssociateRouteTable",
                "ec2:DeleteRouteTable",
                "ec2:DeleteSubnet",
                "ec2:DisassociateRouteTable",
            ],
            own,
            {"StringEquals": scope.own_tags},
            reason="Connecting and deleting this stack's subnets and route table.",
        ),
    ]


def records_statements(scope: Scope) -> Sequence[Statement]:
    """The records of the stack's own names; none without a hosted zone."""
    if not scope.domains:
        return []
    zones = [scope.arn("route53", "hostedzone/*")]
    return [
        Statement(
            "OwnRecords",
            ["route53:ChangeResourceRecordSets"],
            zones,
            {
                "ForAllValues:StringLike": {_NAMES: [*scope.domains, *(f"{_PROOF}.{name}" for name in scope.domains)]},
                "ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsRecordTypes": ["A", "AAAA", "CNAME"],
                },
                # A call that names no record is none of ours, and `ForAllValues` holds for none.
                "Null": {_NAMES: "false"},
            },
            reason="The records of this stack's names, and those that prove them to ACM; no other in any zone.",
        ),
        Statement(
            "ReadZones",
            ["route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource"],
            zones,
            reason="The zone that the names are in, which is found by its name.",
        ),
        Statement(
            "RecordChanges",
            ["route53:GetChange"],
            [scope.arn("route53", "change/*")],
            reason="Whether a record is at all name servers.",
        ),
        Statement("FindZones", ["route53:ListHostedZones"], ["*"], reason="As above; IAM cannot restrict a list."),
    ]
