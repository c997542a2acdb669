"""What a stolen or careless deployer of stack dev might try: ways to more rights, and hands on what is not its own."""

from dataclasses import dataclass
from functools import partial

from tests.iam.deployments import PLACE
from tests.iam.judge import Context, Request

ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"
_arn = PLACE.arn
_iam = partial(_arn, "iam")

OWN_BOUNDARY, OTHER_BOUNDARY = _iam("policy/conducky-dev-boundary"), _iam("policy/conducky-prod-boundary")
ITSELF, SOMEBODY = _iam("user/conducky-dev-deployer"), _iam("user/admin")
OWN_POLICY, FOREIGN_POLICY = _iam("policy/conducky-dev-deployer-roles"), _iam("policy/security-team")
EXEC_POLICY = _iam("policy/conducky-dev-exec")
OWN_ROLE, FOREIGN_ROLE = _iam("role/conducky-dev-backend-task-0123456"), _iam("role/OrganizationAdmin")
OTHER_STACKS_ROLE, OTHER_PROJECTS_ROLE = (
    _iam("role/conducky-prod-backend-task-0123456"),
    _iam("role/other-dev-task-0123"),
)
GITHUB_ROLE, PREVIEW_ROLE = (
    _iam("role/conducky-dev-github-deploy"),
    _iam("role/conducky-dev-github-preview"),
)
GITHUB = _iam("oidc-provider/token.actions.githubusercontent.com")
UNDER_OWN: Context = {"iam:PermissionsBoundary": OWN_BOUNDARY}
UNDER_OTHER: Context = {"iam:PermissionsBoundary": OTHER_BOUNDARY}
TO_TASKS: Context = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
ADMINISTRATOR: Context = {"iam:PolicyARN": ADMINISTRATOR_ACCESS}


def _tags(kind: str, project: str, stack: str) -> dict[str, str]:
    return {f"aws:{kind}Tag/Project": project, f"aws:{kind}Tag/Stack": stack}


OWN, _NEW = _tags("Resource", "conducky", "dev"), _tags("Request", "conducky", "dev")
_MACHINE = _arn("ec2", "instance/i-0123456789abcdef0")
GROUP, RULE = (
    _arn("ec2", "security-group/sg-0123456789abcdef0"),
    _arn("ec2", "security-group-rule/sgr-01234567"),
)


@dataclass(frozen=True)
class Trespass:
    """Something that has to be refused, also if somebody attaches AdministratorAccess to the deployer."""

    what: str
    request: Request


def _tried(what: str, action: str, resource: str = "*", context: Context | None = None) -> Trespass:
    return Trespass(what, Request(action, resource, context or {}))


ITS_OWN_RIGHTS = [
    _tried("give itself the policy of people", "iam:AttachUserPolicy", ITSELF, {"iam:PolicyARN": EXEC_POLICY}),
    _tried("see which keys it has", "iam:ListAccessKeys", ITSELF),
    _tried("delete itself", "iam:DeleteUser", ITSELF),
    _tried("make itself administrator", "iam:AttachUserPolicy", ITSELF, ADMINISTRATOR),
    _tried("give itself an inline policy", "iam:PutUserPolicy", ITSELF),
    _tried("detach its own policies with their denials", "iam:DetachUserPolicy", ITSELF),
    _tried("set its own boundary", "iam:PutUserPermissionsBoundary", ITSELF, UNDER_OTHER),
    _tried("take its own boundary off", "iam:DeleteUserPermissionsBoundary", ITSELF),
    _tried("make itself a key", "iam:CreateAccessKey", ITSELF),
    _tried("delete its key", "iam:DeleteAccessKey", ITSELF),
    _tried("make a key for somebody", "iam:CreateAccessKey", SOMEBODY),
    _tried("wake somebody's old key", "iam:UpdateAccessKey", SOMEBODY),
    _tried("make itself a login", "iam:CreateLoginProfile", ITSELF),
    _tried("change somebody's password", "iam:UpdateLoginProfile", SOMEBODY),
    _tried("remove a second factor of itself", "iam:DeactivateMFADevice", ITSELF),
    _tried("make itself a git credential", "iam:CreateServiceSpecificCredential", ITSELF),
    _tried("create a user", "iam:CreateUser", _iam("user/friend")),
    _tried("join the administrators", "iam:AddUserToGroup", _iam("group/Administrators")),
    _tried("make a group administrators", "iam:AttachGroupPolicy", _iam("group/developers"), ADMINISTRATOR),
    _tried("give a group an inline policy", "iam:PutGroupPolicy", _iam("group/developers")),
    _tried("rewrite its own policy", "iam:CreatePolicyVersion", OWN_POLICY),
    _tried("rewrite the boundary", "iam:CreatePolicyVersion", OWN_BOUNDARY),
    _tried("rewrite somebody's policy", "iam:CreatePolicyVersion", FOREIGN_POLICY),
    _tried("bring back an old version of somebody's policy", "iam:SetDefaultPolicyVersion", FOREIGN_POLICY),
    _tried("delete a version of somebody's policy", "iam:DeletePolicyVersion", FOREIGN_POLICY),
    _tried("delete the boundary", "iam:DeletePolicy", OWN_BOUNDARY),
    _tried("delete somebody's policy", "iam:DeletePolicy", FOREIGN_POLICY),
    _tried("create a policy under the stack's name", "iam:CreatePolicy", _iam("policy/conducky-dev-more")),
    _tried("let another provider sign in", "iam:CreateOpenIDConnectProvider", GITHUB),
    _tried("let GitHub sign in for another audience", "iam:AddClientIDToOpenIDConnectProvider", GITHUB),
    _tried("stop GitHub from signing in for AWS", "iam:RemoveClientIDFromOpenIDConnectProvider", GITHUB),
    _tried("trust another certificate as GitHub's", "iam:UpdateOpenIDConnectProviderThumbprint", GITHUB),
    _tried("remove GitHub's way in", "iam:DeleteOpenIDConnectProvider", GITHUB),
    _tried("let a SAML provider sign in", "iam:CreateSAMLProvider", _iam("saml-provider/friend")),
    _tried("widen who may be its GitHub role", "iam:UpdateAssumeRolePolicy", GITHUB_ROLE),
    _tried("make its GitHub role administrator", "iam:AttachRolePolicy", GITHUB_ROLE, ADMINISTRATOR),
    _tried("give its GitHub role an inline policy", "iam:PutRolePolicy", GITHUB_ROLE, UNDER_OWN),
    _tried("detach the denials of its GitHub role", "iam:DetachRolePolicy", GITHUB_ROLE),
    _tried("prolong the sessions of its GitHub role", "iam:UpdateRole", GITHUB_ROLE),
    _tried("delete its GitHub role", "iam:DeleteRole", GITHUB_ROLE),
    _tried("widen who may preview", "iam:UpdateAssumeRolePolicy", PREVIEW_ROLE),
    _tried("let previews deploy", "iam:AttachRolePolicy", PREVIEW_ROLE),
    _tried("rewrite what previews may do", "iam:PutRolePolicy", PREVIEW_ROLE, UNDER_OWN),
    _tried("forget what previews may not do", "iam:DeleteRolePolicy", PREVIEW_ROLE, UNDER_OWN),
    _tried("widen who may be its other roles", "iam:UpdateAssumeRolePolicy", _iam("role/conducky-dev-deployer-ci")),
    _tried("give a task its GitHub role", "iam:PassRole", GITHUB_ROLE, TO_TASKS),
    _tried("assume its GitHub role", "sts:AssumeRole", GITHUB_ROLE),
    _tried("assume an administrator's role", "sts:AssumeRole", FOREIGN_ROLE),
    _tried("relax the account's passwords", "iam:UpdateAccountPasswordPolicy"),
]

ROLES = [
    _tried("make a task's role administrator", "iam:AttachRolePolicy", OWN_ROLE, {**UNDER_OWN, **ADMINISTRATOR}),
    _tried("make a foreign role administrator", "iam:AttachRolePolicy", FOREIGN_ROLE, ADMINISTRATOR),
    _tried("create a role without a boundary", "iam:CreateRole", OWN_ROLE),
    _tried("create a role under another boundary", "iam:CreateRole", OWN_ROLE, UNDER_OTHER),
    _tried("create a role of another name", "iam:CreateRole", _iam("role/innocent"), UNDER_OWN),
    _tried("write the policy of a role without a boundary", "iam:PutRolePolicy", OWN_ROLE),
    _tried("write the policy of another stack's role", "iam:PutRolePolicy", OTHER_STACKS_ROLE, UNDER_OTHER),
    _tried("remove the policy of a role without a boundary", "iam:DeleteRolePolicy", OWN_ROLE),
    _tried("take the boundary off a role", "iam:DeleteRolePermissionsBoundary", OWN_ROLE, UNDER_OWN),
    _tried("put another boundary on a role", "iam:PutRolePermissionsBoundary", OWN_ROLE, UNDER_OTHER),
    _tried("put the boundary on a foreign role", "iam:PutRolePermissionsBoundary", FOREIGN_ROLE, UNDER_OWN),
    _tried("change who may be a foreign role", "iam:UpdateAssumeRolePolicy", FOREIGN_ROLE),
    _tried("change who may be another stack's role", "iam:UpdateAssumeRolePolicy", OTHER_STACKS_ROLE),
    _tried("delete another stack's role", "iam:DeleteRole", OTHER_STACKS_ROLE),
    _tried("give a function a role", "iam:PassRole", OWN_ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
    _tried("give a machine a role", "iam:PassRole", OWN_ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
    _tried("give a task a foreign role", "iam:PassRole", FOREIGN_ROLE, TO_TASKS),
    _tried("give a task another stack's role", "iam:PassRole", OTHER_STACKS_ROLE, TO_TASKS),
    _tried(
        "let another service make its role",
        "iam:CreateServiceLinkedRole",
        _iam("role/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations"),
        {"iam:AWSServiceName": "organizations.amazonaws.com"},
    ),
    _tried("put a role on a machine", "iam:AddRoleToInstanceProfile", _iam("instance-profile/conducky-dev-x")),
]

NETWORK = [
    _tried("open a foreign group", "ec2:AuthorizeSecurityGroupIngress", GROUP),
    _tried(
        "open another stack's group", "ec2:AuthorizeSecurityGroupIngress", GROUP, _tags("Resource", "conducky", "prod")
    ),
    _tried("delete a foreign group", "ec2:DeleteSecurityGroup", GROUP),
    _tried("create a group without tags", "ec2:CreateSecurityGroup", GROUP),
    _tried("create another stack's group", "ec2:CreateSecurityGroup", GROUP, _tags("Request", "conducky", "prod")),
    _tried("create another project's rule", "ec2:AuthorizeSecurityGroupEgress", RULE, _tags("Request", "other", "dev")),
    _tried("take over a foreign group by its tags", "ec2:CreateTags", GROUP, _NEW),
    _tried("hand its group to another stack", "ec2:CreateTags", GROUP, {**OWN, **_tags("Request", "conducky", "prod")}),
    _tried("hand its group to another project", "ec2:CreateTags", GROUP, {**OWN, **_tags("Request", "other", "dev")}),
    _tried("open a foreign group by a rule of its own", "ec2:AuthorizeSecurityGroupIngress", GROUP, _NEW),
    _tried("take over a foreign machine by its tags", "ec2:CreateTags", _MACHINE, _NEW),
    _tried("lose a group by removing its tag", "ec2:DeleteTags", GROUP, {**OWN, "aws:TagKeys": ["Stack"]}),
    _tried(
        "lose a group by removing its tag and another",
        "ec2:DeleteTags",
        GROUP,
        {**OWN, "aws:TagKeys": ["Stack", "Team"]},
    ),
    _tried("lose a group by removing all tags", "ec2:DeleteTags", GROUP, OWN),
    _tried("tag a machine", "ec2:CreateTags", _MACHINE, OWN),
    _tried("start a machine", "ec2:RunInstances", _MACHINE),
    _tried("create a network", "ec2:CreateVpc", _arn("ec2", "vpc/vpc-0123456789abcdef0")),
    _tried("delete the network", "ec2:DeleteVpc", _arn("ec2", "vpc/vpc-0123456789abcdef0")),
    _tried(
        "put machines behind its load balancer",
        "elasticloadbalancing:RegisterTargets",
        _arn("elasticloadbalancing", "targetgroup/conducky-dev-backend-4000/0123456789abcdef"),
    ),
]

_CLUSTER, _TASK = (
    _arn("ecs", "cluster/conducky-dev-cluster"),
    _arn("ecs", "task/conducky-dev-cluster/0123456789"),
)
_PROD, _OTHER = "conducky-prod", "other-dev"
_REPOSITORY = _arn("ecr", "repository/conducky-dev-backend")
_LOGS = _arn("logs", "log-group:conducky-dev-backend")
_PARAMETER = _arn("ssm", "parameter/conducky/prod/JWT_SECRET")

CONTAINERS_AND_DATA = [
    _tried("open a shell in its containers", "ecs:ExecuteCommand", _TASK, {"ecs:cluster": _CLUSTER}),
    _tried("open a session past ECS", "ssm:StartSession", _TASK),
    _tried("run any task", "ecs:RunTask", _arn("ecs", "task-definition/conducky-dev-backend:1")),
    _tried("stop a task", "ecs:StopTask", _TASK),
    _tried("withdraw anybody's task definition", "ecs:DeregisterTaskDefinition"),
    _tried(
        "list another stack's tasks",
        "ecs:ListTasks",
        _arn("ecs", "container-instance/conducky-prod-cluster/1"),
        {"ecs:cluster": _arn("ecs", "cluster/conducky-prod-cluster")},
    ),
    _tried("delete images", "ecr:BatchDeleteImage", _REPOSITORY),
    _tried("delete a repository", "ecr:DeleteRepository", _REPOSITORY),
    _tried("publish its repository", "ecr:SetRepositoryPolicy", _REPOSITORY),
    _tried("send its logs elsewhere", "logs:PutSubscriptionFilter", _LOGS),
    _tried("read another stack's logs", "logs:FilterLogEvents", _arn("logs", "log-group:conducky-prod-backend")),
    _tried("read another stack's secret", "ssm:GetParameter", _PARAMETER),
    _tried("replace another stack's secret", "ssm:PutParameter", _PARAMETER),
    _tried("read all secrets of the project", "ssm:GetParametersByPath", _arn("ssm", "parameter/conducky")),
    _tried("read old secrets", "ssm:GetParameterHistory", _PARAMETER),
    _tried("read a foreign secret", "secretsmanager:GetSecretValue", _arn("secretsmanager", "secret:other-AbCdEf")),
    _tried("run a command on machines", "ssm:SendCommand", _MACHINE),
    _tried("copy another stack's database", "rds:CreateDBSnapshot", _arn("rds", "db:conducky-prod-database-0123456")),
    _tried("share its secrets", "ssm:PutResourcePolicy", _arn("ssm", "parameter/conducky/dev/backend/JWT_SECRET")),
    _tried("export its logs elsewhere", "logs:CreateExportTask", _LOGS),
    _tried(
        "put a service into another stack's cluster",
        "ecs:CreateService",
        _arn("ecs", f"service/{_PROD}-cluster/conducky-dev-x"),
    ),
    _tried("hide a cluster in another region", "ecs:CreateCluster", _CLUSTER.replace("us-east-1", "eu-north-1")),
    _tried("publish a snapshot", "rds:ModifyDBSnapshotAttribute", _arn("rds", "snapshot:conducky-dev-final")),
    _tried("export a snapshot", "rds:StartExportTask"),
    _tried(
        "restart the database of another stack",
        "rds:RebootDBInstance",
        _arn("rds", "db:conducky-prod-database-0123456"),
    ),
]

_API, _LINK = _arn("apigateway", "/apis/0123456789"), _arn("apigateway", "/vpclinks/012345")
_NAMESPACE, _REGISTRY = (
    _arn("servicediscovery", f"{kind}0123456789abcdef") for kind in ("namespace/ns-", "service/srv-")
)
_ZONE = _arn("route53", "hostedzone/Z0123456789")

_OTHERS, _OTHERS_NEW = _tags("Resource", "other", "dev"), _tags("Request", "other", "dev")
_PRODS_NEW = _tags("Request", "conducky", "prod")

GATEWAYS = [
    _tried("create an API without tags", "apigateway:POST", _arn("apigateway", "/apis")),
    _tried(
        "create another stack's API",
        "apigateway:POST",
        _arn("apigateway", "/apis"),
        _tags("Request", "conducky", "prod"),
    ),
    _tried("create a REST API", "apigateway:POST", _arn("apigateway", "/restapis"), _NEW),
    _tried("delete a foreign API", "apigateway:DELETE", _API),
    _tried("delete another stack's API", "apigateway:DELETE", _API, _tags("Resource", "conducky", "prod")),
    _tried("lead a foreign API elsewhere", "apigateway:POST", f"{_API}/routes"),
    _tried(
        "change another project's route", "apigateway:PATCH", f"{_API}/routes/a1", _tags("Resource", "other", "dev")
    ),
    _tried("take over a foreign API by its tags", "apigateway:TagResource", _API, _NEW),
    _tried(
        "take over a foreign API by the other way to its tags",
        "apigateway:POST",
        _arn("apigateway", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Fapis%2F0123456789"),
        _NEW,
    ),
    _tried(
        "create another project's API", "apigateway:POST", _arn("apigateway", "/apis"), _tags("Request", "other", "dev")
    ),
    _tried("delete a foreign VPC link", "apigateway:DELETE", _LINK),
    _tried("delete a foreign namespace", "servicediscovery:DeleteNamespace", _NAMESPACE),
    _tried(
        "put a service into another stack's namespace",
        "servicediscovery:CreateService",
        _NAMESPACE,
        _tags("Resource", "conducky", "prod"),
    ),
    _tried(
        "put a service of its own into a foreign namespace",
        "servicediscovery:CreateService",
        _NAMESPACE,
        {**_OTHERS, **_NEW},
    ),
    _tried("remove the tags of its namespace", "servicediscovery:UntagResource"),
    _tried("delete another project's namespace", "servicediscovery:DeleteNamespace", _NAMESPACE, _OTHERS),
    _tried("create another project's namespace", "servicediscovery:CreatePrivateDnsNamespace", "*", _OTHERS_NEW),
    _tried("create another stack's namespace", "servicediscovery:CreatePrivateDnsNamespace", "*", _PRODS_NEW),
    _tried("create another project's service in Cloud Map", "servicediscovery:CreateService", _REGISTRY, _OTHERS_NEW),
    _tried("create another stack's service in Cloud Map", "servicediscovery:CreateService", _REGISTRY, _PRODS_NEW),
    _tried("answer for its own tasks", "servicediscovery:RegisterInstance", _REGISTRY, OWN),
    _tried("take over a foreign namespace", "servicediscovery:TagResource", "*", _NEW),
    _tried("create a domain's zone", "route53:CreateHostedZone"),
    _tried("delete a domain's zone", "route53:DeleteHostedZone", _ZONE),
    _tried("delete a zone through another's hands", "route53:DeleteHostedZone", _ZONE, {"aws:ViaAWSService": "false"}),
]

_RANGE = _arn("application-autoscaling", "scalable-target/0123456789abcdef")
_PRODS = _tags("Resource", "conducky", "prod")
_register, _deregister = (f"application-autoscaling:{each}ScalableTarget" for each in ("Register", "Deregister"))

SCALING = [
    _tried("scale under another stack's name", _register, _RANGE, _PRODS_NEW),
    _tried("scale under another project's name", _register, _RANGE, _OTHERS_NEW),
    _tried("scale without a name", _register, _RANGE),
    _tried("change another stack's range of tasks", _register, _RANGE, _PRODS),
    _tried("end another stack's scaling", _deregister, _RANGE, _PRODS),
    _tried("end another project's scaling", _deregister, _RANGE, _OTHERS),
    _tried(
        "silence the alarms of another stack's scaling",
        "cloudwatch:DeleteAlarms",
        _arn("cloudwatch", "alarm:TargetTracking-service/conducky-prod-cluster/conducky-prod-backend-AlarmHigh-01"),
    ),
    _tried("silence another stack's alarms", "cloudwatch:DeleteAlarms", _arn("cloudwatch", "alarm:conducky-prod-5xx")),
]

_RULE, _PRODS_TOPIC = _arn("events", "rule/conducky-dev-failed-deployment"), _arn("sns", "conducky-prod-alarms")
_OF_ECS: Context = {"events:source": ["aws.ecs"]}

NOTIFICATIONS = [
    _tried("see who signs in to the account", "events:PutRule", _RULE, {"events:source": ["aws.signin"]}),
    _tried("see every event of the account", "events:PutRule", _RULE),
    _tried("create a rule of another name", "events:PutRule", _arn("events", "rule/mine"), _OF_ECS),
    _tried("delete another stack's rule", "events:DeleteRule", _arn("events", "rule/conducky-prod-failed-deployment")),
    _tried("hear another stack's alarms", "sns:Subscribe", _PRODS_TOPIC, {"sns:Protocol": "email"}),
    _tried("silence another stack's topic", "sns:DeleteTopic", _PRODS_TOPIC),
    _tried(
        "remove another stack's dashboard",
        "cloudwatch:DeleteDashboards",
        "arn:aws:cloudwatch::123456789012:dashboard/conducky-prod-overview",
    ),
]

_CHANGES = "route53:ChangeResourceRecordSets"


def _records(*names: str) -> Context:
    return {f"{_CHANGES}NormalizedRecordNames": names, f"{_CHANGES}RecordTypes": ["CNAME"]}


_CERTIFICATE = _arn("acm", "certificate/01234567-89ab-cdef-0123-456789abcdef")
_CDN, _ORIGIN = _arn("cloudfront", "distribution/E0123456789ABC"), _arn("cloudfront", "vpcorigin/vo_0123456789ab")
_SUBNET, _TABLE = _arn("ec2", "subnet/subnet-0123456789abcdef0"), _arn("ec2", "route-table/rtb-0123456789abcdef0")
_ITS_PROOF = "_" + "0" * 32 + ".app.example.com"
# Of what AWS names itself: how it is created, tagged and deleted.
_NAMED_BY_AWS = (
    ("certificate", "acm:RequestCertificate", "acm:AddTagsToCertificate", _CERTIFICATE),
    ("distribution", "cloudfront:CreateDistribution", "cloudfront:TagResource", _CDN),
    ("VPC origin", "cloudfront:CreateVpcOrigin", "cloudfront:TagResource", _ORIGIN),
    ("subnet", "ec2:CreateSubnet", "ec2:CreateTags", _SUBNET),
    ("route table", "ec2:CreateRouteTable", "ec2:CreateTags", _TABLE),
)

HTTPS = [
    *(
        trespass
        for what, create, tag, known in _NAMED_BY_AWS
        for new in (known if create.startswith("ec2:") else "*",)
        for delete in (create.replace("Create", "Delete").replace("Request", "Delete"),)
        for trespass in (
            _tried(f"create a {what} without tags", create, new),
            _tried(f"create another stack's {what}", create, new, _PRODS_NEW),
            _tried(f"create another project's {what}", create, new, _OTHERS_NEW),
            _tried(f"tag a new {what} as another stack's", tag, known, _PRODS_NEW),
            _tried(f"tag a new {what} as another project's", tag, known, _OTHERS_NEW),
            _tried(f"take over another project's {what} by its tags", tag, known, {**_OTHERS, **_NEW}),
            _tried(f"take over another stack's {what} by its tags", tag, known, {**_PRODS, **_NEW}),
            _tried(f"hand its {what} to another stack", tag, known, {**OWN, **_PRODS_NEW}),
            _tried(f"hand its {what} to another project", tag, known, {**OWN, **_OTHERS_NEW}),
            _tried(f"delete a foreign {what}", delete, known),
            _tried(f"delete another stack's {what}", delete, known, _PRODS),
            _tried(f"delete another project's {what}", delete, known, _OTHERS),
        )
    ),
    _tried("put a certificate of its own in place of a foreign one", "acm:ImportCertificate", _CERTIFICATE),
    _tried("lead another stack's distribution elsewhere", "cloudfront:UpdateDistribution", _CDN, _PRODS),
    _tried("take a foreign distribution's name", "cloudfront:AssociateAlias", _CDN),
    _tried("run code at the edge", "cloudfront:CreateFunction"),
    _tried("lead its private subnets to the internet", "ec2:CreateRoute", _TABLE, OWN),
    _tried("connect a foreign subnet with its route table", "ec2:AssociateRouteTable", _SUBNET),
    _tried("change the records of a name, without a zone", _CHANGES, _ZONE, _records(_ITS_PROOF)),
]

# The same of a stack with the domain `app.example.com`, which may change that name's records, and its `www.`
RECORDS = [
    _tried(f"change {what}", _CHANGES, _ZONE, context)
    for what, context in {
        "the records of another name": _records("other.example.com"),
        "those of the zone itself": _records("example.com"),
        "the proof of another name": _records(_ITS_PROOF.replace("app", "other")),
        "another name's together with its own": _records("app.example.com", "other.example.com"),
        "no record by its name": {f"{_CHANGES}RecordTypes": ["A"]},
    }.items()
]
OWN_RECORDS = [
    _tried(f"change {name}", _CHANGES, _ZONE, _records(name))
    for name in ("app.example.com", "www.app.example.com", _ITS_PROOF)
]
MAIL: Context = {f"{_CHANGES}RecordTypes": ["MX"]}

_SCHEDULER_ROLE = _iam("role/conducky-dev-scheduler")
TO_SCHEDULER: Context = {"iam:PassedToService": "scheduler.amazonaws.com"}

SCHEDULES = [
    _tried(
        "stop another stack by a schedule",
        "scheduler:UpdateSchedule",
        _arn("scheduler", "schedule/default/conducky-prod-x"),
    ),
    _tried("create a group of schedules", "scheduler:CreateScheduleGroup", _arn("scheduler", "schedule-group/mine")),
    _tried("let a schedule use a task's role", "iam:PassRole", OWN_ROLE, TO_SCHEDULER),
    _tried(
        "let a task use the scheduler's role",
        "iam:PassRole",
        _SCHEDULER_ROLE,
        {"iam:PassedToService": "lambda.amazonaws.com"},
    ),
    _tried("stop another stack's database", "rds:StopDBInstance", _arn("rds", "db:conducky-prod-database-0123456")),
]

NOT_ITS_OWN = [
    _tried("delete the other stack's database", "rds:DeleteDBInstance", _arn("rds", f"db:{_PROD}-database-0123456")),
    _tried("change the other stack's database", "rds:ModifyDBInstance", _arn("rds", f"db:{_PROD}-database-0123456")),
    _tried("delete the other stack's secret", "ssm:DeleteParameter", _PARAMETER),
    _tried("delete the other stack's cluster", "ecs:DeleteCluster", _arn("ecs", f"cluster/{_PROD}-cluster")),
    _tried("release to the other stack", "ecs:UpdateService", _arn("ecs", f"service/{_PROD}-cluster/{_PROD}-backend")),
    _tried("push to the other stack's repository", "ecr:PutImage", _arn("ecr", f"repository/{_PROD}-backend")),
    _tried("pull the other stack's image", "ecr:BatchGetImage", _arn("ecr", f"repository/{_PROD}-backend")),
    _tried("delete the other stack's log", "logs:DeleteLogGroup", _arn("logs", f"log-group:{_PROD}-backend")),
    _tried("read another project's secret", "ssm:GetParameter", _arn("ssm", "parameter/other/dev/JWT_SECRET")),
    _tried("delete another project's database", "rds:DeleteDBInstance", _arn("rds", f"db:{_OTHER}-database-0123")),
    _tried(
        "release to another project", "ecs:UpdateService", _arn("ecs", f"service/{_OTHER}-cluster/{_OTHER}-backend")
    ),
    _tried("push to another project's repository", "ecr:PutImage", _arn("ecr", f"repository/{_OTHER}-backend")),
    _tried(
        "delete another project's load balancer",
        "elasticloadbalancing:DeleteLoadBalancer",
        _arn("elasticloadbalancing", f"loadbalancer/app/{_OTHER}-alb/0123456789abcdef"),
    ),
    _tried("change who may be another project's role", "iam:UpdateAssumeRolePolicy", OTHER_PROJECTS_ROLE),
    _tried("delete another project's group", "ec2:DeleteSecurityGroup", GROUP, _tags("Resource", "other", "dev")),
]

ACCOUNT_WIDE = [
    _tried("create a bucket", "s3:CreateBucket", "arn:aws:s3:::other"),
    _tried("create another stack's bucket", "s3:CreateBucket", "arn:aws:s3:::conducky-prod-access-logs"),
    _tried("read an object", "s3:GetObject", "arn:aws:s3:::other/key"),
    _tried("list the buckets", "s3:ListAllMyBuckets"),
    _tried("create an encryption key", "kms:CreateKey"),
    _tried("rewrite a key's policy", "kms:PutKeyPolicy", _arn("kms", "key/0123")),
    _tried("delete an encryption key", "kms:ScheduleKeyDeletion", _arn("kms", "key/0123")),
    _tried("decrypt anything", "kms:Decrypt", _arn("kms", "key/0123")),
    _tried("blind the audit", "cloudtrail:StopLogging", _arn("cloudtrail", "trail/main")),
    _tried("delete the audit", "cloudtrail:DeleteTrail", _arn("cloudtrail", "trail/main")),
    _tried("leave the organisation", "organizations:LeaveOrganization"),
    _tried("create an account", "organizations:CreateAccount"),
    _tried("create a function", "lambda:CreateFunction", _arn("lambda", "function:other")),
    _tried("create a stack that does it", "cloudformation:CreateStack", _arn("cloudformation", "stack/other/0123")),
    _tried("run a build that does it", "codebuild:CreateProject", _arn("codebuild", "project/other")),
    _tried("point a domain elsewhere", "route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789"),
    _tried("switch the guard off", "guardduty:DeleteDetector", _arn("guardduty", "detector/0123456789abcdef")),
]

TRESPASSES = [
    *ITS_OWN_RIGHTS,
    *ROLES,
    *NETWORK,
    *CONTAINERS_AND_DATA,
    *GATEWAYS,
    *HTTPS,
    *SCALING,
    *NOTIFICATIONS,
    *SCHEDULES,
    *NOT_ITS_OWN,
    *ACCOUNT_WIDE,
]
