"""What the deployer may do with HTTP APIs and Cloud Map, for the setting `entrance: http-api`."""

from collections.abc import Sequence

from deployer_scope import Scope

from conducky.policy import Statement


def gateway_statements(scope: Scope) -> Sequence[Statement]:
    """HTTP APIs with their VPC links, and the namespaces and services that tasks register in.

    AWS names all of them itself, so statements name the stack's tags. Nothing here can change a tag: neither service
    lets IAM restrict whose.
    """
    return [*_apis(scope), *_cloud_map(scope)]


def _apis(scope: Scope) -> Sequence[Statement]:
    """Actions are HTTP methods. What is below an API has its API's tags.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
    """
    kinds = ("apis", "vpclinks")
    return [
        Statement(
            "CreateApis",
            # The second is in no documentation, but AWS asks for it where something is created with tags.
            ["apigateway:POST", "apigateway:TagResource"],
            [scope.arn("apigateway", f"/{kind}") for kind in kinds],
            {"StringEquals": scope.new_tags},
            reason="New HTTP APIs and VPC links, with this stack's tags only.",
        ),
        Statement(
            "OwnApis",
            ["apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST"],
            [scope.arn("apigateway", f"/{kind}/*") for kind in kinds],
            {"StringEquals": scope.own_tags},
            reason="This stack's API with its stage, integrations and routes, and its VPC link.",
        ),
    ]


def _cloud_map(scope: Scope) -> Sequence[Statement]:
    namespace, service = (scope.arn("servicediscovery", f"{kind}/*") for kind in ("namespace", "service"))
    return [
        Statement(
            "CreateNamespaces",
            ["servicediscovery:CreatePrivateDnsNamespace"],
            ["*"],
            {"StringEquals": scope.new_tags},
            reason="A new Cloud Map namespace, with this stack's tags only; it has no ARN to name yet.",
        ),
        # AWS judges a new service twice: the service, which must carry our tags, and the namespace it goes into.
        Statement(
            "CreateCloudMapServices",
            ["servicediscovery:CreateService"],
            [service],
            {"StringEquals": scope.new_tags},
            reason="New services in it, with this stack's tags only.",
        ),
        Statement(
            "OwnCloudMap",
            [
                "servicediscovery:CreateService",
                "servicediscovery:DeleteNamespace",
                "servicediscovery:DeleteService",
                "servicediscovery:GetNamespace",
                "servicediscovery:GetService",
                "servicediscovery:UpdatePrivateDnsNamespace",
                "servicediscovery:UpdateService",
            ],
            [namespace, service],
            {"StringEquals": scope.own_tags},
            reason="This stack's namespace and the services in it.",
        ),
        Statement(
            "CloudMapOperations",
            ["servicediscovery:GetOperation"],
            [namespace, service],
            reason="Whether Cloud Map has done what it was asked; what is not created yet has no tags.",
        ),
        # https://docs.aws.amazon.com/cloud-map/latest/dg/security_iam_service-with-iam.html
        Statement(
            "ZonesOfCloudMap",
            [
                "route53:CreateHostedZone",
                "route53:DeleteHostedZone",
                "route53:GetHostedZone",
                "route53:ListHostedZonesByName",
            ],
            ["*"],
            {"Bool": {"aws:ViaAWSService": "true"}},
            reason="The private zone of the namespace, which Cloud Map creates and deletes on the deployer's behalf; "
            "called by the deployer itself, Route 53 refuses.",
        ),
    ]
