"""IAM policy documents as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

Policy: TypeAlias = dict[str, object]
Conditions: TypeAlias = Mapping[str, Mapping[str, str | Sequence[str]]]

# ECS Exec's agent in the task; the service has no resource types to name.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html#ecs-exec-required-iam-permissions
EXEC_ACTIONS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


@dataclass(frozen=True)
class Statement:
    """One statement of a policy; `reason` says what needs it; people read it, and it is not part of the document."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Conditions = field(default_factory=dict[str, Mapping[str, str | Sequence[str]]])
    effect: Literal["Allow", "Deny"] = "Allow"
    reason: str = ""

    def document(self) -> dict[str, object]:
        """The statement as IAM writes it; actions and resources in a stable order, so that a diff shows a change."""
        document: dict[str, object] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": sorted(self.actions),
            "Resource": sorted(self.resources),
        }
        return {**document, "Condition": dict(self.conditions)} if self.conditions else document


def policy(*statements: Statement) -> Policy:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": [statement.document() for statement in statements]}


def terse_policy(*statements: Statement) -> Policy:
    """The same in fewer characters, for a document close to the longest that IAM takes.

    Statements have no names, those that differ in their actions alone are one, and a list of one is its element.
    """
    merged: dict[str, Statement] = {}
    for each in statements:
        key = repr((each.effect, sorted(each.resources), each.conditions))
        known = merged.get(key)
        merged[key] = replace(known, actions=[*{*known.actions, *each.actions}]) if known else each
    documents = [each.document() for each in merged.values()]
    return {
        "Version": "2012-10-17",
        "Statement": [{k: _bare(v) for k, v in d.items() if k != "Sid"} for d in documents],
    }


def _bare(value: Any) -> Any:  # noqa: ANN401  # of what JSON holds
    match value:
        case {**keys}:
            return {key: _bare(each) for key, each in keys.items()}
        case [only]:
            return only
        case _:
            return value


def assumed_by(service: str, account_id: str | None = None) -> Policy:
    """The trust policy of a role that an AWS service assumes; with an account, only on that account's behalf.

    The account keeps another account's resources from using the role through the service (confused deputy).
    """
    statement: dict[str, object] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if account_id:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account_id}}
    return trusting(statement)


def trusting(*statements: dict[str, object]) -> Policy:
    """A trust policy of these statements."""
    return {"Version": "2012-10-17", "Statement": [*statements]}
