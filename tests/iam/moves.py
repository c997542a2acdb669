"""What somebody with a stolen key of the deployer tried in a security test, and whether IAM lets them.

`ALLOWED` moves are inherent: deploying a stack means being able to do them, or IAM offers no way to forbid them.
"""

from dataclasses import dataclass, replace
from functools import partial

from tests.iam.deployments import PLACE
from tests.iam.judge import Context, Request

_arn = PLACE.arn
_iam = partial(_arn, "iam")
_TAGS: Context = {"aws:RequestTag/Project": "conducky", "aws:RequestTag/Stack": "dev"}
_OWN: Context = {"aws:ResourceTag/Project": "conducky", "aws:ResourceTag/Stack": "dev"}
_PRODS: Context = {"aws:ResourceTag/Project": "conducky", "aws:ResourceTag/Stack": "prod"}

_DATABASE, _PRODS_DATABASE = _arn("rds", "db:conducky-dev-database-0123456"), _arn("rds", "db:conducky-prod-database-0")
_LOGS, _REPOSITORY = _arn("logs", "log-group:conducky-dev-backend"), _arn("ecr", "repository/conducky-dev-backend")
_BALANCER = _arn("elasticloadbalancing", "loadbalancer/app/conducky-dev-alb/0123456789abcdef")
_DEFINITION = _arn("ecs", "task-definition/conducky-dev-backend")
_SERVICE = _arn("ecs", "service/conducky-dev-cluster/conducky-dev-backend")
_TASK = _iam("role/conducky-dev-task-backend")
_PARAMETER = _arn("ssm", "parameter/conducky/dev/backend/JWT_SECRET")
_CERTIFICATE = _arn("acm", "certificate/01234567-89ab-cdef-0123-456789abcdef")
_BUCKET = "arn:aws:s3:::conducky-dev-access-logs-0123456"
_CDN = _arn("cloudfront", "distribution/E0123456789ABC")


@dataclass(frozen=True)
class Move:
    """One move; `why` it stays allowed, and blank where it is denied also with AdministratorAccess attached."""

    what: str
    request: Request
    why: str = ""


def of_stack(request: Request, stack: str, principal: str) -> Request:
    """The same of another stack's own deployer; what reaches for prod, prod's reaches for in dev."""
    if stack == "dev":
        return replace(request, principal=principal)

    def swapped(text: str) -> str:
        return text.replace("dev", "…").replace("prod", "dev").replace("…", stack)

    context = {key: swapped(value) if isinstance(value, str) else value for key, value in request.context.items()}
    return Request(request.action, swapped(request.resource), context, principal)


def _denied(what: str, action: str, resource: str = "*", context: Context | None = None) -> Move:
    return Move(what, Request(action, resource, context or {}))


def _inherent(what: str, why: str, action: str, resource: str, context: Context | None = None) -> Move:
    return Move(what, Request(action, resource, context or {}), why)


_ITS_OWN = "It is the stack's own, and a deployment changes it."
MOVES = [
    # A key that outlives its revocation
    _denied("create a role that another account assumes", "iam:CreateRole", _iam("role/conducky-dev-backdoor")),
    _denied("let another account assume a task's role", "iam:UpdateAssumeRolePolicy", _TASK),
    _denied("prolong the sessions of a task's role", "iam:UpdateRole", _TASK),
    _denied("write the policy of a task's role", "iam:PutRolePolicy", _TASK),
    _denied("write the policy that is the boundary", "iam:CreatePolicyVersion", _iam("policy/conducky-dev-boundary")),
    _denied(
        "create a service's own role", "iam:CreateServiceLinkedRole", _iam("role/aws-service-role/ecs.amazonaws.com/x")
    ),
    _denied("assume the role that removes the stack", "sts:AssumeRole", _iam("role/conducky-dev-destroy")),
    _denied("assume the role that removes prod", "sts:AssumeRole", _iam("role/conducky-prod-destroy")),
    _denied(
        "hand its rights to a visitor",
        "sts:GetFederationToken",
        _arn("sts", "federated-user/friend").replace("us-east-1", ""),
    ),
    _denied(
        "pass a task's role to a schedule",
        "iam:PassRole",
        _TASK,
        {"iam:PassedToService": "scheduler.amazonaws.com"},
    ),
    _denied(
        "pass the schedule's role to a task",
        "iam:PassRole",
        _iam("role/conducky-dev-scheduler"),
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    ),
    _denied(
        "pass ECS's role for load balancers to a task",
        "iam:PassRole",
        _iam("role/conducky-dev-infrastructure"),
        {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
    ),
    _denied(
        "pass a role to a function",
        "iam:PassRole",
        _iam("role/OrganizationAdmin"),
        {"iam:PassedToService": "lambda.amazonaws.com"},
    ),
    # Images that a rollback needs
    _denied("delete an image", "ecr:BatchDeleteImage", _REPOSITORY),
    _denied("let tags move again", "ecr:PutImageTagMutability", _REPOSITORY),
    _denied("let images expire", "ecr:PutLifecyclePolicy", _REPOSITORY),
    _denied("publish the images", "ecr:SetRepositoryPolicy", _REPOSITORY),
    # What IAM has a condition key for
    _denied("create a public database", "rds:CreateDBInstance", _DATABASE, {**_TAGS, "rds:PubliclyAccessible": "true"}),
    *(
        _denied(f"create a public database {what}", action, _DATABASE, {**_TAGS, "rds:PubliclyAccessible": "true"})
        for what, action in (
            ("from a snapshot", "rds:RestoreDBInstanceFromDBSnapshot"),
            ("as another was at a time", "rds:RestoreDBInstanceToPointInTime"),
        )
    ),
    _denied(
        "restore a backup of prod's",
        "rds:RestoreDBInstanceFromDBSnapshot",
        _arn("rds", "snapshot:rds:conducky-prod-database-0-2026-11-25"),
        {**_PRODS, "rds:PubliclyAccessible": "false"},
    ),
    _denied(
        "register a task of 16 vCPU",
        "ecs:RegisterTaskDefinition",
        f"{_DEFINITION}:1",
        {**_TAGS, "ecs:task-cpu": "16384"},
    ),
    # Other stacks
    _denied("delete prod's database", "rds:DeleteDBInstance", _PRODS_DATABASE, _PRODS),
    _denied("delete a database that carries prod's tags", "rds:DeleteDBInstance", _DATABASE, _PRODS),
    _denied(
        "send prod's load balancer elsewhere",
        "elasticloadbalancing:ModifyListener",
        _arn("elasticloadbalancing", "listener/app/conducky-prod-alb/0123456789abcdef/0123456789abcdef"),
        _PRODS,
    ),
    _denied("take prod's page off the internet", "cloudfront:UpdateDistribution", _CDN, _PRODS),
    _denied("delete prod's distribution", "cloudfront:DeleteDistribution", _CDN, _PRODS),
    _denied("delete prod's certificate", "acm:DeleteCertificate", _CERTIFICATE, _PRODS),
    # Handing out what is inside
    _denied("export the key of its certificate", "acm:ExportCertificate", _CERTIFICATE, _OWN),
    _denied("share a snapshot", "rds:ModifyDBSnapshotAttribute", _arn("rds", "snapshot:conducky-dev-final")),
    _denied("stream the logs elsewhere", "logs:PutSubscriptionFilter", _LOGS),
    _denied("run a task by hand", "ecs:RunTask", f"{_DEFINITION}:1"),
    _denied("withdraw a revision", "ecs:DeregisterTaskDefinition"),
    # Inherent
    _inherent(
        "register any image and command under a task's role",
        "A release is exactly that.",
        "ecs:RegisterTaskDefinition",
        f"{_DEFINITION}:1",
        {**_TAGS, "ecs:task-cpu": "256"},
    ),
    _inherent(
        "run it in another stack's subnets, security group or target group",
        "IAM has no condition key for a service's security groups and target groups, and `ecs:subnet` says nothing "
        "while all stacks share the default VPC; an account of its own for prod is the answer.",
        "ecs:CreateService",
        _SERVICE,
        {**_TAGS, "ecs:subnet": ["subnet-0123456789abcdef0"]},
    ),
    _inherent("read the stack's secrets", "A deployment compares them.", "ssm:GetParameter", _PARAMETER, _OWN),
    _inherent("replace the stack's secrets", "A deployment sets them.", "ssm:PutParameter", _PARAMETER, _OWN),
    _inherent(
        "change the database's password, protection or public address",
        f"{_ITS_OWN} IAM has no key for the public address in a change.",
        "rds:ModifyDBInstance",
        _DATABASE,
        _OWN,
    ),
    _inherent(
        "shorten how long logs are kept",
        f"{_ITS_OWN} It is the setting `logRetentionDays`.",
        "logs:PutRetentionPolicy",
        _LOGS,
        _OWN,
    ),
    _inherent(
        "open its own security groups",
        _ITS_OWN,
        "ec2:AuthorizeSecurityGroupIngress",
        _arn("ec2", "security-group/sg-0123456789abcdef0"),
        _OWN,
    ),
    _inherent(
        "send its own load balancer elsewhere",
        _ITS_OWN,
        "elasticloadbalancing:ModifyListener",
        _arn("elasticloadbalancing", "listener/app/conducky-dev-alb/0123456789abcdef/0123456789abcdef"),
        _OWN,
    ),
    _inherent(
        "let a web site hear its alarms",
        "They name resources and numbers, and no data of the applications.",
        "sns:Subscribe",
        _arn("sns", "conducky-dev-alarms"),
        {"sns:Protocol": "https", "sns:Endpoint": "https://example.com/"},
    ),
    _inherent("send its own distribution elsewhere", _ITS_OWN, "cloudfront:UpdateDistribution", _CDN, _OWN),
    _inherent(
        "request a certificate for any name",
        "ACM issues it when the owner of the name has proven it, and not before.",
        "acm:RequestCertificate",
        "*",
        _TAGS,
    ),
    *(
        _inherent(
            f"take over a {what} that has no tags",
            "IAM has no condition key that tells the tags of a new one from those of one that is there.",
            action,
            resource,
            _TAGS,
        )
        for what, action, resource in (
            ("certificate", "acm:AddTagsToCertificate", _CERTIFICATE),
            ("distribution", "cloudfront:TagResource", _CDN),
        )
    ),
    _inherent(
        "hand out its access logs",
        "A deployment writes the bucket's policy. They hold addresses, paths and times, and nothing that is sent.",
        "s3:PutBucketPolicy",
        _BUCKET,
    ),
    _denied("hand out prod's access logs", "s3:PutBucketPolicy", _BUCKET.replace("dev", "prod")),
    _denied("delete prod's access logs", "s3:DeleteObjectVersion", f"{_BUCKET.replace('dev', 'prod')}/AWSLogs/x"),
    _inherent("delete the cluster", _ITS_OWN, "ecs:DeleteCluster", _arn("ecs", "cluster/conducky-dev-cluster"), _OWN),
]

# Inherent for an unprotected stack only: of a protected one an admin or the role `destroy` deletes these.
DELETIONS = [
    _inherent(
        "delete the database", "An unprotected stack is its deployer's.", "rds:DeleteDBInstance", _DATABASE, _OWN
    ),
    _inherent(
        "delete access logs",
        "An unprotected stack is its deployer's.",
        "s3:DeleteObjectVersion",
        f"{_BUCKET}/AWSLogs/x",
    ),
    _inherent(
        "delete the bucket of access logs", "An unprotected stack is its deployer's.", "s3:DeleteBucket", _BUCKET
    ),
    _inherent("delete the logs", "An unprotected stack is its deployer's.", "logs:DeleteLogGroup", _LOGS, _OWN),
    _inherent(
        "delete the load balancer",
        "An unprotected stack is its deployer's.",
        "elasticloadbalancing:DeleteLoadBalancer",
        _BALANCER,
        _OWN,
    ),
    _inherent(
        "delete the distribution",
        "An unprotected stack is its deployer's.",
        "cloudfront:DeleteDistribution",
        _CDN,
        _OWN,
    ),
]

_PREVIEW = [
    ("read an object", "s3:GetObject", "arn:aws:s3:::other/key"),
    ("read a function's environment", "lambda:GetFunctionConfiguration", _arn("lambda", "function:other")),
    ("read task definitions", "ecs:DescribeTaskDefinition", "*"),
    ("read a machine's user data", "ec2:DescribeInstanceAttribute", _arn("ec2", "instance/i-0123456789abcdef0")),
    ("read a table", "dynamodb:GetItem", _arn("dynamodb", "table/other")),
    ("read logs", "logs:FilterLogEvents", _LOGS),
    ("pull an image", "ecr:BatchGetImage", _REPOSITORY),
    ("read a build's environment", "codebuild:BatchGetProjects", _arn("codebuild", "project/other")),
    ("read a stack's parameters", "cloudformation:DescribeStacks", _arn("cloudformation", "stack/other/0123")),
    ("read a parameter", "ssm:GetParameter", _PARAMETER),
    ("read a secret", "secretsmanager:GetSecretValue", _arn("secretsmanager", "secret:other-AbCdEf")),
    ("assume the role that removes the stack", "sts:AssumeRole", _iam("role/conducky-dev-destroy")),
]
OF_A_PREVIEW = [_denied(*each) for each in _PREVIEW]
