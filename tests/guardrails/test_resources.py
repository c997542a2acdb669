"""Rules for every resource of every stack: tags, logs that end, images by digest, safe releases."""

import json
import re

from conducky.evaluation.evaluate import Evaluation
from conducky.naming import Names, tags

# AWS tags none of these; everything else that is AWS's must carry the tags.
UNTAGGED = {
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/route:Route",
    "aws:apigatewayv2/stage:Stage",  # AWS does, but asks for a right that no page knows; its API's tags count for it
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:route53/record:Record",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:scheduler/schedule:Schedule",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
}


def test_everything_taggable_is_tagged(made: Evaluation) -> None:
    project = made.exports["name_prefix"].split("-")[0]
    expected = tags(Names(project, made.stack), made.layer)
    for resource in made.resources:
        if resource.type.startswith("aws:") and resource.type not in UNTAGGED:
            found: dict[str, str] = resource.inputs.get("tags") or {}
            missing = expected.items() - found.items()
            assert not missing, f"{resource.type} {resource.name} lacks the tags {dict(missing)}"


def test_tasks_inherit_the_tags(made: Evaluation) -> None:
    for service in made.of("aws:ecs/service:Service"):
        assert service.inputs["propagateTags"] == "SERVICE", f"{service.name}: its tasks go untagged"


def test_every_log_ends(made: Evaluation) -> None:
    """By default CloudWatch keeps logs, and bills for them, for ever."""
    for group in made.of("aws:cloudwatch/logGroup:LogGroup"):
        assert group.inputs.get("retentionInDays"), f"{group.name} is kept for ever"


def test_every_bucket_forgets(made: Evaluation) -> None:
    expiring = {
        each.inputs["bucket"]
        for each in made.of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
        if any(rule["status"] == "Enabled" and rule["expiration"]["days"] > 0 for rule in each.inputs["rules"])
    }
    for bucket in made.of("aws:s3/bucket:Bucket"):
        assert bucket.outputs["bucket"] in expiring, f"{bucket.name} keeps everything for ever"


def test_every_container_writes_to_a_log_of_this_program(made: Evaluation) -> None:
    groups = {group.inputs["name"] for group in made.of("aws:cloudwatch/logGroup:LogGroup")}
    for definition in made.of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(definition.inputs["containerDefinitions"]):
            assert container["logConfiguration"]["options"]["awslogs-group"] in groups


def test_every_image_is_pinned_by_digest(made: Evaluation) -> None:
    for definition in made.of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(definition.inputs["containerDefinitions"]):
            assert re.fullmatch(r"[^@:]+@sha256:[0-9a-f]{64}", container["image"]), (
                f"{definition.name} runs {container['image']}, and a tag can move"
            )


def test_no_image_that_a_rollback_runs_is_deleted(made: Evaluation) -> None:
    for image in made.of("docker-build:index:Image"):
        assert image.retain_on_delete, f"deleting {image.name} would delete it from ECR"
    for definition in made.of("aws:ecs/taskDefinition:TaskDefinition"):
        assert definition.inputs["skipDestroy"] is True, f"a deregistered {definition.name} cannot be rolled back to"


def test_every_release_is_proven_or_rolled_back(made: Evaluation) -> None:
    for service in made.of("aws:ecs/service:Service"):
        assert service.inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}, service.name
        assert service.inputs["waitForSteadyState"] is True, service.name
        assert service.timeouts, f"{service.name} waits for the provider's own time"


def test_commands_can_be_run_everywhere(made: Evaluation) -> None:
    for service in made.of("aws:ecs/service:Service"):
        assert service.inputs["enableExecuteCommand"] is True, service.name


def test_no_container_runs_as_root(made: Evaluation) -> None:
    for definition in made.of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(definition.inputs["containerDefinitions"]):
            assert container["user"] == "1000:1000", f"{definition.name} runs as {container.get('user')}"


def test_every_identity_and_role_is_under_a_boundary_and_bootstrap_makes_all(made: Evaluation) -> None:
    found = [*made.of("aws:iam/role:Role"), *made.of("aws:iam/user:User")]
    assert found == [] or made.layer == "bootstrap", "the deployer writes no IAM"
    for each in found:
        boundary = each.inputs.get("permissionsBoundary") or ""
        assert f":policy/{made.exports['name_prefix']}" in boundary, f"{each.name} has no boundary"


def test_nothing_costs_for_standing_around(made: Evaluation) -> None:
    dear = ("natGateway", "vpcEndpoint", "eip:", "secretsmanager")
    found = [resource.type for resource in made.resources if any(word in resource.type for word in dear)]
    assert found == [], f"the design does without: {found}"


def test_roles_trust_a_service_an_admin_or_one_repository(made: Evaluation) -> None:
    for role in made.of("aws:iam/role:Role"):
        for statement in json.loads(role.inputs["assumeRolePolicy"])["Statement"]:
            if "Federated" not in statement["Principal"]:
                assert statement["Action"] == "sts:AssumeRole"
                assert "*" not in json.dumps(statement["Principal"])
                continue
            claims = statement["Condition"]["StringEquals"]
            assert claims["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
            subjects = claims["token.actions.githubusercontent.com:sub"]
            assert subjects, f"{role.name} trusts every repository of GitHub"
            assert not [subject for subject in subjects if re.search(r"[*?]", subject)]
