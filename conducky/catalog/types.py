"""Every type of resource that the three programs use, by its Pulumi token.

A type that is missing here is refused by name. To add one, write an entry with its name rule, the inputs whose change
replaces it, the source of that, and its outputs; if it has to do something, add a handler in `rehearsal/handlers.py`.

Sources are files of the Terraform provider from which pulumi-aws is built (hashicorp/terraform-provider-aws, v6), where
`ForceNew` and `RequiresReplace` mark what cannot be changed in place.
"""

from conducky.catalog import limits, outputs, read_back
from conducky.catalog.resource_type import NameRule, ResourceType, at_most, one_of

_HYPHENATED = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_POLICY_LIMIT = at_most("policy", 6144, spaces=False)

CATALOG: dict[str, ResourceType] = {
    "aws:budgets/budget:Budget": ResourceType(
        outputs.budget,
        "internal/service/budgets/budget.go",
        NameRule(length=100, pattern=r"[^:\\]+"),
        required=("budgetType", "timeUnit"),
        replaces=frozenset({"name", "accountId"}),
        read_back=read_back.budget,
        same={"limitAmount": read_back.same_number},
    ),
    "aws:cloudwatch/logGroup:LogGroup": ResourceType(
        outputs.named("logs", "log-group", separator=":"),
        "internal/service/logs/group.go",
        NameRule(length=512, pattern=r"[A-Za-z0-9_/.#-]+"),
        replaces=frozenset({"name", "logGroupClass"}),
        checks=(one_of("retentionInDays", limits.LOG_RETENTION),),
    ),
    "aws:ec2/securityGroup:SecurityGroup": ResourceType(
        outputs.numbered("sg", "security-group"),
        "internal/service/ec2/vpc_security_group.go",
        NameRule(length=255, pattern=r"(?!sg-)[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]+"),
        replaces=frozenset({"name", "description", "vpcId"}),
        checks=(at_most("description", 255),),
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ResourceType(
        outputs.numbered("sgr", "security-group-rule"),
        "internal/service/ec2/vpc_security_group_ingress_rule.go",
        required=("securityGroupId", "ipProtocol"),
        replaces=frozenset({"securityGroupId"}),
        read_back=read_back.rule,
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ResourceType(
        outputs.numbered("sgr", "security-group-rule"),
        "internal/service/ec2/vpc_security_group_ingress_rule.go",
        required=("securityGroupId", "ipProtocol"),
        replaces=frozenset({"securityGroupId"}),
        read_back=read_back.rule,
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": ResourceType(
        outputs.attached("repository"),
        "internal/service/ecr/lifecycle_policy.go; single: github.com/pulumi/pulumi-aws/pull/2085",
        required=("repository", "policy"),
        replaces=frozenset({"repository", "policy"}),
        single=True,
        read_back=read_back.json_text("policy"),
        same={"policy": read_back.same_json},
    ),
    "aws:ecr/repository:Repository": ResourceType(
        outputs.repository,
        "internal/service/ecr/repository.go",
        NameRule(length=256, pattern=r"[a-z0-9]+([._/-][a-z0-9]+)*"),
        replaces=frozenset({"name", "encryptionConfigurations"}),
        outputs=frozenset({"arn", "repositoryUrl", "registryId"}),
    ),
    "aws:ecs/cluster:Cluster": ResourceType(
        outputs.cluster,
        "internal/service/ecs/cluster.go",
        NameRule(length=255, pattern=r"[A-Za-z0-9_-]+"),
        replaces=frozenset({"name"}),
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": ResourceType(
        outputs.attached("clusterName"),
        "internal/service/ecs/cluster_capacity_providers.go",
        required=("clusterName",),
        replaces=frozenset({"clusterName"}),
        read_back=read_back.reordered("capacityProviders"),
        same={"capacityProviders": read_back.unordered},
    ),
    "aws:ecs/service:Service": ResourceType(
        outputs.service,
        "internal/service/ecs/service.go",
        NameRule(length=255, pattern=r"[A-Za-z0-9_-]+"),
        required=("cluster", "taskDefinition"),
        replaces=frozenset({"name", "cluster", "launchType", "iamRole", "schedulingStrategy"}),
        read_back=read_back.service,
        same={"networkConfiguration": read_back.unordered},
    ),
    "aws:ecs/taskDefinition:TaskDefinition": ResourceType(
        outputs.task_definition,
        "internal/service/ecs/task_definition.go",
        NameRule("family", 255, r"[A-Za-z0-9_-]+"),
        required=("containerDefinitions",),
        replaces=frozenset({"*"}),
        updates=frozenset({"tags", "tagsAll", "skipDestroy", "trackLatest"}),
        checks=(limits.fargate_size, limits.containers),
        outputs=frozenset({"arn", "arnWithoutRevision", "revision"}),
        read_back=read_back.containers,
        same={"containerDefinitions": read_back.same_containers},
    ),
    "aws:iam/policy:Policy": ResourceType(
        outputs.named("iam", "policy", arn_is_id=True),
        "internal/service/iam/policy.go",
        NameRule(length=128, pattern=r"[\w+=,.@-]+"),
        required=("policy",),
        replaces=frozenset({"name", "path", "description"}),
        checks=(_POLICY_LIMIT,),
        read_back=read_back.json_text("policy"),
        same={"policy": read_back.same_policy},
    ),
    "aws:iam/role:Role": ResourceType(
        outputs.named("iam", "role"),
        "internal/service/iam/role.go",
        NameRule(length=64, pattern=r"[\w+=,.@-]+"),
        required=("assumeRolePolicy",),
        replaces=frozenset({"name", "path"}),
        checks=(at_most("assumeRolePolicy", 2048, spaces=False),),
        read_back=read_back.json_text("assumeRolePolicy"),
        same={"assumeRolePolicy": read_back.same_policy},
    ),
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": ResourceType(
        outputs.service_linked_role,
        "internal/service/iam/service_linked_role.go",
        required=("awsServiceName",),
        replaces=frozenset({"awsServiceName", "customSuffix"}),
        outputs=frozenset({"arn", "name", "path"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": ResourceType(
        outputs.attached("role", "name"),
        "internal/service/iam/role_policy.go",
        NameRule(length=128, pattern=r"[\w+=,.@-]+"),
        required=("role", "policy"),
        replaces=frozenset({"name", "role"}),
        checks=(at_most("policy", 10240, spaces=False),),
        read_back=read_back.json_text("policy"),
        same={"policy": read_back.same_policy},
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ResourceType(
        outputs.attached("role", "policyArn"),
        "internal/service/iam/role_policy_attachment.go",
        required=("role", "policyArn"),
        replaces=frozenset({"role", "policyArn"}),
    ),
    "aws:iam/user:User": ResourceType(
        outputs.named("iam", "user"),
        "internal/service/iam/user.go",
        NameRule(length=64, pattern=r"[\w+=,.@-]+"),
    ),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": ResourceType(
        outputs.attached("user", "policyArn"),
        "internal/service/iam/user_policy_attachment.go",
        required=("user", "policyArn"),
        replaces=frozenset({"user", "policyArn"}),
    ),
    "aws:lb/listener:Listener": ResourceType(
        outputs.below("loadBalancerArn", ":loadbalancer/", ":listener/"),
        "internal/service/elbv2/listener.go",
        required=("loadBalancerArn", "defaultActions"),
        replaces=frozenset({"loadBalancerArn"}),
        checks=(limits.fixed_response,),
    ),
    "aws:lb/listenerRule:ListenerRule": ResourceType(
        outputs.below("listenerArn", ":listener/", ":listener-rule/"),
        "internal/service/elbv2/listener_rule.go",
        required=("listenerArn", "actions", "conditions"),
        replaces=frozenset({"listenerArn"}),
        checks=(limits.fixed_response,),
    ),
    "aws:lb/loadBalancer:LoadBalancer": ResourceType(
        outputs.balancing("loadbalancer/app"),
        "internal/service/elbv2/load_balancer.go",
        NameRule(length=32, pattern=r"(?!internal-)" + _HYPHENATED),
        replaces=frozenset({"name", "internal", "loadBalancerType"}),
        outputs=frozenset({"arn", "dnsName", "zoneId"}),
        read_back=read_back.reordered("subnets", "securityGroups"),
        same={"subnets": read_back.unordered, "securityGroups": read_back.unordered},
    ),
    "aws:lb/targetGroup:TargetGroup": ResourceType(
        outputs.balancing("targetgroup"),
        "internal/service/elbv2/target_group.go",
        NameRule(length=32, pattern=_HYPHENATED),
        replaces=frozenset({"name", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType"}),
    ),
    "aws:rds/instance:Instance": ResourceType(
        outputs.database,
        "internal/service/rds/instance.go",
        NameRule("identifier", 63, r"[a-z](-?[a-z0-9])*"),
        required=("instanceClass", "username", "password"),
        replaces=frozenset({"engine", "dbName", "username", "storageEncrypted", "kmsKeyId", "availabilityZone"}),
        outputs=frozenset({"arn", "address", "endpoint", "port"}),
        read_back=read_back.reordered("vpcSecurityGroupIds"),
        same={"vpcSecurityGroupIds": read_back.unordered},
    ),
    "aws:rds/parameterGroup:ParameterGroup": ResourceType(
        outputs.named("rds", "pg", separator=":"),
        "internal/service/rds/parameter_group.go",
        NameRule(length=255, pattern=r"[a-z](-?[a-z0-9])*"),
        required=("family",),
        replaces=frozenset({"name", "family", "description"}),
        completed=read_back.parameters_as_given,
        read_back=read_back.parameters,
        same={"parameters": read_back.unordered},
    ),
    "aws:rds/subnetGroup:SubnetGroup": ResourceType(
        outputs.named("rds", "subgrp", separator=":"),
        "internal/service/rds/subnet_group.go",
        NameRule(length=255, pattern=r"[a-z0-9 ._-]+"),
        required=("subnetIds",),
        replaces=frozenset({"name"}),
        read_back=read_back.reordered("subnetIds"),
        same={"subnetIds": read_back.unordered},
    ),
    "aws:ssm/parameter:Parameter": ResourceType(
        outputs.parameter,
        "internal/service/ssm/parameter.go",
        NameRule(length=1011, pattern=r"(?!/?(aws|ssm))[A-Za-z0-9_./-]+"),
        required=("type",),
        replaces=frozenset({"name"}),
        checks=(at_most("value", 4096), one_of("type", ("String", "StringList", "SecureString"))),
        outputs=frozenset({"arn", "version"}),
        moving=frozenset({"version"}),
    ),
    "docker-build:index:Image": ResourceType(
        outputs.image,
        "github.com/pulumi/pulumi-docker-build, provider/internal/image.go: every change is an update",
        required=("push",),
        # The registry's token differs each time, so a change of it is ignored.
        ignores=frozenset({"registries"}),
        outputs=frozenset({"digest", "ref", "contextHash"}),
        moving=frozenset({"digest", "ref", "contextHash"}),
    ),
    "random:index/randomId:RandomId": ResourceType(
        outputs.random_id,
        "github.com/hashicorp/terraform-provider-random, internal/provider/resource_id.go",
        required=("byteLength",),
        replaces=frozenset({"*"}),
        outputs=frozenset({"hex", "dec"}),
    ),
    "random:index/randomPassword:RandomPassword": ResourceType(
        outputs.password,
        "github.com/hashicorp/terraform-provider-random, internal/provider/resource_password.go",
        required=("length",),
        replaces=frozenset({"*"}),
        secrets=frozenset({"result", "bcryptHash"}),
        outputs=frozenset({"result", "bcryptHash"}),
    ),
}

REFUSED = (
    "the rehearsal does not know the resource type {token}: add it to CATALOG in conducky/catalog/types.py "
    "(name rule, what replaces it, what it answers)"
)
