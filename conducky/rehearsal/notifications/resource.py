"""Alarms that go off and deployments that fail: what AWS would write to people, the rehearsal says."""

import contextlib
import json
import re
from collections import deque
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, cast

import psycopg

from conducky.catalog.property_bag import Properties, bag, texts
from conducky.errors import UserError
from conducky.rehearsal.account import Account, Request, ResourceFailedError
from conducky.rehearsal.cloudwatch import CloudWatch
from conducky.rehearsal.cloudwatch.resource import MINUTE
from conducky.rehearsal.ecs import Services
from conducky.rehearsal.ecs.usage import Usage
from conducky.rehearsal.postgres import Databases
from conducky.rehearsal.postgres.resource import INSTANCE
from conducky.rehearsal.wildcards import statements

_ALARM, _TARGET = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/eventTarget:EventTarget"
_RULE, _TOPIC = "aws:cloudwatch/eventRule:EventRule", "aws:sns/topic:Topic"
_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
_CLOUDWATCH, _EVENTS = "cloudwatch.amazonaws.com", "events.amazonaws.com"
_FIX = "correct services/notifications.py"
_KEPT = 1440  # samples of a metric: a day of the rehearsal's minutes, as far as an alarm looks back
_GIB = 2**30
# One connection is the one that asks.
_USED = "SELECT (SELECT sum(numbackends) - 1 FROM pg_stat_database), pg_database_size(current_database())"
# By namespace, each metric with the dimension that names whose it is. RDS alone knows how many CPU credits it lent.
_METRICS = {
    "AWS/ECS": ("ServiceName", ("CPUUtilization", "CPUUtilization:SampleCount", "MemoryUtilization")),
    "AWS/RDS": ("DBInstanceIdentifier", ("CPUSurplusCreditBalance", "DatabaseConnections", "FreeStorageSpace")),
}


class Notifications:
    """The topics of an account, and what is published to them. `watch` is meant for a thread of its own."""

    def __init__(self, account: Account, services: Services, databases: Databases, cloudwatch: CloudWatch) -> None:
        self._account, self._services, self._databases, self._cloudwatch = account, services, databases, cloudwatch
        self._usage = Usage(account, lambda: cloudwatch.clock())  # noqa: PLW0108  # a test sets another
        self._samples: dict[tuple[str, str], deque[tuple[float, float | None]]] = {}
        self._off: set[str] = set()
        self._seen = 0.0  # when it looked the last time
        account.listeners.append(self._happened)
        for namespace, (dimension, names) in _METRICS.items():
            for name in names:
                cloudwatch.sources[namespace, name] = partial(self._value, dimension, name)

    def put_alarm(self, request: Request) -> Properties:
        """Refuse an alarm whose e-mail would never arrive."""
        for topic in {*texts(request.inputs, "alarmActions"), *texts(request.inputs, "okActions")}:
            arn = self._account.place.arn("cloudwatch", f"alarm:{request.inputs['name']}")
            self._require_publishing(topic, _CLOUDWATCH, arn)
        return self._cloudwatch.put(request)

    def put_target(self, request: Request) -> Properties:
        """Refuse a target that EventBridge would not reach; it would say nothing."""
        self._require_publishing(str(request.inputs["arn"]), _EVENTS, "")
        return {}

    def subscribe(self, request: Request) -> Properties:
        """Nobody gets anything from AWS before they agree."""
        endpoint = request.inputs["endpoint"]
        self._account.say(f"on AWS, {endpoint} gets a link to confirm that it wants e-mails, and none before that")
        return {}

    def watch(self) -> None:
        """Look once in each of the rehearsal's minutes, until it stops."""
        while not self._account.stopping.wait(MINUTE):
            with contextlib.suppress(UserError):  # something went away meanwhile
                self.look()

    def look(self) -> None:
        """Measure what alarms are about, and publish which of them went off or are well again since the last time."""
        alarms = [each for each in self._account.of(_ALARM) if each.get("alarmActions")]
        if alarms:
            self._measure()
        now = self._cloudwatch.clock()
        # As CloudWatch, at each minute: on a busy computer more than one has passed.
        for back in reversed(range(max(1, round((now - (self._seen or now)) / MINUTE)))):
            for alarm in alarms:
                self._evaluate(alarm, now - back * MINUTE)
        self._seen = now

    def _evaluate(self, alarm: Properties, at: float) -> None:
        name, description = str(alarm["name"]), alarm.get("alarmDescription")
        with contextlib.suppress(ResourceFailedError):  # deleted meanwhile
            is_off = bool(self._cloudwatch.gone_off([name], at))
            if is_off != (name in self._off):
                self._off ^= {name}
                what = f"the alarm {name} went off ({description})" if is_off else f"the alarm {name} is over"
                for topic in texts(alarm, "alarmActions" if is_off else "okActions"):
                    self._publish(topic, what)

    def _publish(self, topic: str, text: str) -> None:
        for subscription in self._account.of(_SUBSCRIPTION):
            if subscription["topic"] == topic:
                self._account.say(f"{text}: on AWS, {subscription['endpoint']} would get an e-mail")

    def _happened(self, event: Properties) -> None:
        """Publish an event to the targets of each rule that matches it."""
        for rule in self._account.of(_RULE):
            if matches(json.loads(str(rule["eventPattern"])), event):
                for target in self._account.of(_TARGET):
                    if target["rule"] == rule["name"]:
                        self._publish(str(target["arn"]), transformed(bag(target, "inputTransformer"), event))

    def _measure(self) -> None:
        for service in list(self._services.running.values()):
            name, count = str(service.inputs["name"]), len(service.tasks)
            # Without any, AWS counts nothing.
            self._note(name, "CPUUtilization", self._usage.cpu(service) if count else None)
            self._note(name, "CPUUtilization:SampleCount", count or None)
            self._note(name, "MemoryUtilization", self._usage.memory(service) if count else None)
        for instance in self._account.of(INSTANCE):
            server, name = self._databases.servers.get(str(instance["address"])), str(instance["identifier"])
            with contextlib.suppress(psycopg.Error, UserError, OSError):  # stopped, or restarting
                if server and server.runs:
                    ((connections, size),) = server.execute(_USED)
                    self._note(name, "DatabaseConnections", float(str(connections)))
                    free = float(instance["allocatedStorage"]) * _GIB - float(str(size))
                    self._note(name, "FreeStorageSpace", free)

    def _note(self, whose: str, metric: str, value: float | None) -> None:
        samples = self._samples.setdefault((whose, metric), deque(maxlen=_KEPT))
        samples.append((self._cloudwatch.clock(), value))

    def _value(self, dimension: str, metric: str, dimensions: Properties, _begin: float, end: float) -> float | None:
        """The latest sample up to a moment."""
        samples = self._samples.get((str(dimensions[dimension]), metric), ())
        return next((value for at, value in reversed(samples) if at <= end), None)

    def _require_publishing(self, arn: str, service: str, source: str) -> None:
        """Raise ResourceFailedError where what a service publishes would be dropped, of which AWS says nothing.

        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
        """
        topic = self._account.need(_TOPIC, f"there is no topic {arn}", _FIX, arn=arn)
        if key := topic.get("kmsMasterKeyId"):
            raise ResourceFailedError(f"{service} may not use the key {key} of the topic {topic['name']}", _FIX)
        allowed = [each for each in statements(topic.get("policy")) if each.get("Principal") == {"Service": service}]
        allowed = [each for each in allowed if (each["Effect"], each["Action"]) == ("Allow", "sns:Publish")]
        if not any(self._holds(each.get("Condition") or {}, source) for each in allowed):
            raise ResourceFailedError(
                f"the policy of the topic {topic['name']} does not let {service} publish {source or 'events'}", _FIX
            )

    def _holds(self, condition: Properties, source: str) -> bool:
        """Whether a condition lets an alarm pass; EventBridge brings nothing that one could be about."""
        account, arn = bag(condition, "StringEquals"), bag(condition, "ArnLike")
        if not source:
            return not condition
        return {"StringEquals", "ArnLike"} >= {*condition} and (
            account.get("aws:SourceAccount", self._account.place.account_id) == self._account.place.account_id
            and fnmatchcase(source, str(arn.get("aws:SourceArn", "*")))
        )


def matches(pattern: object, event: object) -> bool:
    """Whether an event has what a pattern asks for.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
    """
    if isinstance(pattern, dict):
        wanted, found = cast("Properties", pattern), cast("Properties", event)
        return isinstance(event, dict) and all(matches(value, found.get(key)) for key, value in wanted.items())
    values = cast("list[object]", event) if isinstance(event, list) else [event]
    return any(
        str(value).startswith(str(cast("Properties", one)["prefix"])) if isinstance(one, dict) else value == one
        for one in cast("list[object]", pattern)
        for value in values
    )


def transformed(transformer: Properties, event: Properties) -> str:
    """The text that a target's transformer makes of an event."""
    text = str(json.loads(str(transformer["inputTemplate"])))
    for name, path in bag(transformer, "inputPaths").items():
        found: Any = event
        for part in re.findall(r"[\w-]+", str(path)):  # $.resources[0], $.detail.reason
            found = found[int(part) if part.isdecimal() else part]
        text = text.replace(f"<{name}>", str(found))
    return text
