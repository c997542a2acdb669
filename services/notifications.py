"""Where alarms and failed deployments go: a topic of SNS, which sends e-mails to one address."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.layer import Layer
from conducky.naming import Names, Place
from conducky.policy import Policy
from conducky.settings import ServicesSettings

# An e-mail of its own instead of the event as JSON; `<…>` are fields of the event.
_TEXT = "A deployment failed: <service>. ECS says: <reason> What to do: docs/runbook.md#it-will-not-deploy"


@dataclass(frozen=True)
class NotificationsArgs:
    """Whose alarms, and the address."""

    names: Names
    place: Place
    email: str


class Notifications(pulumi.ComponentResource):
    """The topic, its subscriber, and the rule that finds this stack's failed deployments among AWS's events.

    The topic has no key of KMS. With the one that AWS manages (`alias/aws/sns`) neither CloudWatch nor EventBridge may
    publish, and one of the stack's own costs $1 a month, for texts that leave as e-mails. SNS's disks are encrypted
    without it. https://docs.aws.amazon.com/sns/latest/dg/sns-data-encryption.html
    """

    topic: aws.sns.Topic

    def __init__(self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:Notifications", name, None, opts)
        child, full_name = pulumi.ResourceOptions(parent=self), args.names.of(name)
        self.topic = aws.sns.Topic(
            full_name, name=full_name, policy=json.dumps(topic_policy(args.names, args.place, full_name)), opts=child
        )
        aws.sns.TopicSubscription(name, topic=self.topic.arn, protocol="email", endpoint=args.email, opts=child)
        services = args.place.arn("ecs", f"service/{args.names.of('cluster')}/")
        failed = args.names.of("failed-deployment")
        rule = aws.cloudwatch.EventRule(
            failed,
            name=failed,
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
            event_pattern=json.dumps(
                {
                    "source": ["aws.ecs"],
                    "detail-type": ["ECS Deployment State Change"],
                    "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
                    "resources": [{"prefix": services}],
                }
            ),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            failed,
            rule=rule.name,
            target_id=name,
            arn=self.topic.arn,
            input_transformer={
                "input_paths": {"service": "$.resources[0]", "reason": "$.detail.reason"},
                "input_template": json.dumps(_TEXT),
            },
            opts=child,
        )
        self.register_outputs({"topic": self.topic.arn})


def topic_policy(names: Names, place: Place, topic: str) -> Policy:
    """Who may publish: this stack's alarms, and EventBridge.

    EventBridge tells SNS no account and no rule, so a condition would drop every message without a word.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    It delivers for rules of the topic's own account only.
    """
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": place.arn("sns", topic)}
    own = {
        "StringEquals": {"aws:SourceAccount": place.account_id},
        "ArnLike": {"aws:SourceArn": place.arn("cloudwatch", f"alarm:{names.prefix}*")},
    }
    alarms = {"Sid": "Alarms", "Principal": {"Service": "cloudwatch.amazonaws.com"}, **publish, "Condition": own}
    events = {"Sid": "FailedDeployments", "Principal": {"Service": "events.amazonaws.com"}, **publish}
    return {"Version": "2012-10-17", "Statement": [alarms, events]}


def notifications(layer: Layer[ServicesSettings]) -> pulumi.Output[str] | None:
    """The topic of the setting `alarmEmail`, by its ARN; None without the setting."""
    if (email := layer.settings.alarm_email) is None:
        return None
    place = Place(layer.region, layer.account_id)
    return Notifications("alarms", NotificationsArgs(layer.names, place, email)).topic.arn
