"""Nothing is reachable from the internet but the entrance, and what is stored is encrypted."""

import json
from collections.abc import Callable
from typing import Any

from conducky.evaluation.evaluate import Evaluation

EVERYWHERE = {"0.0.0.0/0", "::/0"}
LOAD_BALANCER_PORTS = {80, 443}


def test_only_the_load_balancers_ports_are_open_to_the_internet(platform_of_each_stack: Evaluation) -> None:
    platform = platform_of_each_stack
    balancers = {
        group
        for balancer in platform.of("aws:lb/loadBalancer:LoadBalancer")
        for group in balancer.inputs["securityGroups"]
    }
    for rule in platform.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"):
        inputs = rule.inputs
        if EVERYWHERE & {inputs.get("cidrIpv4"), inputs.get("cidrIpv6")}:
            assert inputs["securityGroupId"] in balancers, f"{rule.name} opens something else than a load balancer"
            assert inputs["fromPort"] == inputs["toPort"], f"{rule.name} opens a range of ports"
            assert inputs["fromPort"] in LOAD_BALANCER_PORTS, (
                f"{rule.name} opens port {inputs['fromPort']} to the internet"
            )


def test_where_there_is_https_nothing_is_served_without_it(platform_of_each_stack: Evaluation) -> None:
    """A public load balancer sends what comes by HTTP to HTTPS; CloudFront does it itself, before an internal one."""
    platform = platform_of_each_stack
    if not str(platform.exports["frontend_url"]).startswith("https:"):
        return
    public = {
        each.outputs["arn"] for each in platform.of("aws:lb/loadBalancer:LoadBalancer") if not each.inputs["internal"]
    }
    for listener in platform.of("aws:lb/listener:Listener"):
        if listener.inputs["loadBalancerArn"] in public and listener.inputs["protocol"] == "HTTP":
            assert [each["type"] for each in listener.inputs["defaultActions"]] == ["redirect"], listener.name
        if listener.inputs["protocol"] == "HTTPS":
            assert "TLS13" in listener.inputs["sslPolicy"], f"{listener.name} speaks an old TLS"
    for distribution in platform.of("aws:cloudfront/distribution:Distribution"):
        inputs = distribution.inputs
        behaviors = [inputs["defaultCacheBehavior"], *inputs["orderedCacheBehaviors"]]
        assert {each["viewerProtocolPolicy"] for each in behaviors} == {"redirect-to-https"}


def test_no_other_layer_opens_ports_to_the_internet(made: Evaluation) -> None:
    if made.layer != "platform":
        assert made.of("aws:ec2/securityGroup:SecurityGroup") == []
        opened = [
            rule.name
            for rule in made.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
            if not rule.inputs.get("referencedSecurityGroupId")
        ]
        assert opened == [], f"ports are opened by platform/firewall.py, and {made.layer} opens {opened}"


def test_no_security_group_has_rules_inside(made: Evaluation) -> None:
    """They would escape the check above."""
    for group in made.of("aws:ec2/securityGroup:SecurityGroup"):
        assert not {"ingress", "egress"} & group.inputs.keys(), f"{group.name} has inline rules"


def test_no_database_is_public_or_unencrypted(made: Evaluation) -> None:
    for database in made.of("aws:rds/instance:Instance"):
        assert database.inputs["publiclyAccessible"] is False, f"{database.name} is public"
        assert database.inputs["storageEncrypted"] is True, f"{database.name} is not encrypted"


def test_every_database_forces_tls(made: Evaluation) -> None:
    forcing = {
        group.outputs["name"]
        for group in made.of("aws:rds/parameterGroup:ParameterGroup")
        if ("rds.force_ssl", "1") in [(each["name"], each["value"]) for each in group.inputs["parameters"]]
    }
    for database in made.of("aws:rds/instance:Instance"):
        assert database.inputs["parameterGroupName"] in forcing, f"{database.name} takes connections without TLS"


def test_every_repository_is_encrypted_and_scanned(made: Evaluation) -> None:
    for repository in made.of("aws:ecr/repository:Repository"):
        assert repository.inputs["encryptionConfigurations"], f"{repository.name} is not encrypted"
        assert repository.inputs["imageScanningConfiguration"] == {"scanOnPush": True}, f"{repository.name}: no scan"


def test_every_parameter_is_encrypted(made: Evaluation) -> None:
    for parameter in made.of("aws:ssm/parameter:Parameter"):
        assert parameter.inputs["type"] == "SecureString", f"{parameter.name} is stored in plain text"


def test_every_bucket_is_private_and_encrypted_and_speaks_tls_only(made: Evaluation) -> None:
    def of(kind: str, bucket: str) -> dict[str, Any]:
        (found,) = (each.inputs for each in made.of(f"aws:s3/{kind}") if each.inputs["bucket"] == bucket)
        return found

    for bucket in made.of("aws:s3/bucket:Bucket"):
        name, arn = bucket.outputs["bucket"], bucket.outputs["arn"]
        block = of("bucketPublicAccessBlock:BucketPublicAccessBlock", name)
        switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert all(block[switch] is True for switch in switches), bucket.name
        owner = of("bucketOwnershipControls:BucketOwnershipControls", name)["rule"]["objectOwnership"]
        assert owner == "BucketOwnerEnforced", f"{bucket.name} knows access control lists"
        encryption = of("bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", name)
        assert [each["applyServerSideEncryptionByDefault"]["sseAlgorithm"] for each in encryption["rules"]] == [
            "AES256"
        ]
        statements = json.loads(of("bucketPolicy:BucketPolicy", name)["policy"])["Statement"]
        (tls,) = (each for each in statements if each["Effect"] == "Deny")
        assert (tls["Principal"], tls["Action"], tls["Resource"]) == ("*", "s3:*", [arn, f"{arn}/*"])
        assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        allowed = [each for each in statements if each["Effect"] == "Allow"]
        assert all("Service" in each["Principal"] for each in allowed), f"{bucket.name} is open to others than AWS"


def test_behind_an_http_api_no_port_at_all_is_open_to_the_internet(gateway_platform: Evaluation) -> None:
    rules = gateway_platform.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert rules
    assert [rule.name for rule in rules if not rule.inputs.get("referencedSecurityGroupId")] == []


def test_tasks_are_reached_through_their_own_group_only(
    made: Evaluation, evaluated: Callable[[str, str], Evaluation]
) -> None:
    exports = evaluated("platform", made.stack).exports
    for service in made.of("aws:ecs/service:Service"):
        network: dict[str, Any] = service.inputs["networkConfiguration"]
        route = service.inputs.get("serviceRegistries") or service.inputs["loadBalancers"][0]
        part = route["containerName"]
        assert network["securityGroups"] == [exports[f"{part}_security_group_id"]], (
            f"{service.name} has a public address, so a further group could open it to the internet"
        )
