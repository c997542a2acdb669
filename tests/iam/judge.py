"""Asks tools/iam many questions at once: may this principal make this request under these policies?"""

import functools
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

from conducky.policy import Policy
from conducky.repository import ROOT

Verdict = Literal["Allowed", "ImplicitlyDenied", "ExplicitlyDenied"]
Context: TypeAlias = Mapping[str, str | Sequence[str]]

# A key's policy always has a say; this one, KMS's default, leaves it to IAM.
_LEFT_TO_IAM = "the key's policy"
_KEY_POLICY: Policy = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


@dataclass(frozen=True)
class Request:
    """One thing that AWS judges: an action on one resource, with what it knows of the request."""

    action: str
    resource: str
    context: Context = field(default_factory=dict[str, str | Sequence[str]])
    principal: str = "arn:aws:iam::123456789012:user/conducky-dev-deployer"
    second_reading: bool = False  # on `*`, which the Service Authorization Reference does not say

    @property
    def region(self) -> str:
        """Where the call goes: AWS's services without a region, and tests' calls on everything, are in this one."""
        return (
            self.resource.split(":")[3] if self.resource.count(":") > 3 and self.resource.split(":")[3] else "us-east-1"
        )

    @property
    def key(self) -> str:
        """The same for requests that are judged alike."""
        return json.dumps([self.action, self.resource, dict(self.context), self.principal], sort_keys=True)


@dataclass(frozen=True)
class Question:
    """May it, with these identity policies and, where given, under this boundary and this policy of the resource?"""

    request: Request
    identity: tuple[str, ...]
    boundary: str | None = None
    resource_policy: str | None = None


def judge(policies: Mapping[str, Policy], questions: Iterable[Question]) -> list[Verdict]:
    """The verdicts, in the order of the questions; equal requests and questions are sent once."""
    index: dict[str, int] = {}
    requests: list[dict[str, object]] = []
    asked: dict[str, dict[str, object]] = {}
    order: list[str] = []
    for question in questions:
        request = question.request
        if request.key not in index:
            index[request.key] = len(requests)
            requests.append(
                {
                    "principal": request.principal,
                    "action": request.action,
                    "resource": request.resource,
                    "context": {"aws:RequestedRegion": request.region, **request.context},
                    "secondReading": request.second_reading,
                }
            )
        asking: dict[str, object] = {"request": index[request.key], "identity": question.identity}
        if question.boundary:
            asking["boundary"] = [question.boundary]
        if question.resource_policy or ":key/" in request.resource:
            asking["resourcePolicy"] = question.resource_policy or _LEFT_TO_IAM
        key = json.dumps(asking)
        asked[key] = asking
        order.append(key)
    verdicts = _ask(
        {"policies": {**policies, _LEFT_TO_IAM: _KEY_POLICY}, "requests": requests, "questions": [*asked.values()]}
    )
    answered = dict(zip(asked, verdicts, strict=True))
    return [answered[key] for key in order]


def _ask(batch: object) -> list[Verdict]:
    """Ask the one judge of this process: starting another takes longer than most of its work."""
    process = _judge()
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{json.dumps(batch)}\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        _judge.cache_clear()
        raise AssertionError(f"tools/iam could not judge: {process.communicate()[1].strip()}")
    return cast("list[Verdict]", json.loads(answer))


@functools.cache
def _judge() -> "subprocess.Popen[str]":
    """It ends when this process does, and with it its input."""
    return subprocess.Popen(
        ["node", str(ROOT / "tools" / "iam" / "judge.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
