"""The deployer may do its job, in every stack and with every option, and each of its rights is needed for that."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic.alias_generators import to_camel

from conducky.catalog.lookups import LOOKUPS
from conducky.catalog.types import CATALOG
from conducky.settings.schema import ALL_SETTINGS
from tests.iam import calls as catalogue
from tests.iam.calls import Call, calls
from tests.iam.deployments import HOSTED_ZONE, HTTP_API, OPTIONS, VARIANTS, Deployment
from tests.iam.judge import Question, judge
from tests.iam.mutations import Mutation, without_each
from tests.summary import note

Deployed = Callable[[str], Deployment]
NOT_MEASURED = (
    *("aws_acm_", "aws_apigatewayv2_", "aws_cloudfront_", "aws_route53_", "aws_route_table", "aws_scheduler_"),
    *(
        "aws_s3_",
        "aws_service_discovery_",
        "aws_subnet",
        "aws_cloudwatch_dashboard",
        "aws_cloudwatch_event_",
        "aws_sns_",
    ),
)


@pytest.mark.parametrize("label", VARIANTS)
def test_every_call_of_every_resource_is_allowed(deployed: Deployed, label: str) -> None:
    made = deployed(label)
    needed = calls(made.layers, made.caller)
    verdicts = judge(made.documents, [made.asks(call.request) for call in needed])
    refused = [call for call, verdict in zip(needed, verdicts, strict=True) if verdict != "Allowed"]
    deletes = (
        *("cloudfront:DeleteDistribution", "elasticloadbalancing:DeleteLoadBalancer"),
        *("logs:DeleteLogGroup", "rds:DeleteDBInstance"),
    )
    kept = [call for call in refused if made.scope.is_protected and call.request.action in deletes]
    assert [str(call) for call in refused if call not in kept] == []
    assert {call.request.action for call in kept} == ({*deletes} if made.scope.is_protected else set())
    destroying = [made.asks(call.request, boundary="destroy-boundary") for call in needed]
    assert set(judge(made.documents, destroying)) == {"Allowed"}, "the role that removes the stack"
    judged = len({call.request.key for call in needed})
    note(
        "IAM",
        f"{label}: {len(needed)} calls of the deployer, {judged} different requests, {len(kept)} denied: deletions",
    )


@pytest.mark.parametrize("kind", ["Action", "Resource"])
def test_nothing_can_be_taken_away(dev: Deployment, deployed: Deployed, kind: str) -> None:
    """Each action and each resource, one at a time: something then fails, and is named."""
    mutations = list(without_each(dev.policies, kind))
    options = ("every option", "http-api", "CloudFront", "CloudFront and a domain")
    found = _missed(dev, mutations, _calls_of(dev, *map(deployed, options)))
    # The rights to a zone's records, which only a stack with one has
    zone = deployed("CloudFront and a domain")
    known = {mutation.statement["Sid"] for mutation in mutations}
    records = [each for each in without_each(zone.policies, kind) if each.statement["Sid"] not in known]
    assert {each.area for each in records} == {"https"}
    found += _missed(zone, records, _calls_of(zone))
    missed = {mutation.lost: call for mutation, call in found}
    unneeded = [lost for lost, call in missed.items() if call is None]
    assert unneeded == [], f"nothing that platform or services does needs these: {unneeded}"
    named = re.compile(r"\S+ \S+ cannot (create|read|update|delete|be looked at): [a-z0-9-]+:\w+ on \S+")
    assert [str(call) for call in missed.values() if not named.fullmatch(str(call))] == [], "resource and phase"
    note("IAM", f"{len(found)} {kind.lower()}s of the deployer's statements, each proven necessary")


def _calls_of(*deployments: Deployment) -> list[Call]:
    return [call for each in deployments for call in calls(each.layers, each.caller)]


def test_a_missing_right_is_reported_with_resource_and_phase(dev: Deployment) -> None:
    mutations = [m for m in without_each(dev.policies, "Action") if m.part == "rds:ModifyDBInstance"]
    _, missed = next(iter(_missed(dev, mutations, calls(dev.layers, dev.caller))))
    assert str(missed).startswith(
        "aws:rds/instance:Instance conducky-dev-database cannot update: rds:ModifyDBInstance on arn:aws:rds:"
    )


def _missed(dev: Deployment, mutations: list[Mutation], needed: list[Call]) -> list[tuple[Mutation, Call | None]]:
    """The first call that each mutation refuses."""
    unique = list({call.request.key: call for call in needed}.values())
    policies = dict(dev.policies)
    asked: list[tuple[Mutation, Call]] = []
    questions: list[Question] = []
    for number, mutation in enumerate(mutations):
        name = f"{mutation.area} {number}"
        policies[name] = mutation.policy
        attached = tuple(name if area == mutation.area else area for area in dev.attached)
        for call in unique:
            if call.request.action in mutation.statement["Action"] and mutation.part in (
                call.request.action,
                *mutation.statement["Resource"],
            ):
                asked.append((mutation, call))
                questions.append(Question(call.request, attached))
    refused: dict[str, Call] = {}
    for (mutation, call), verdict in zip(asked, judge(policies, questions), strict=True):
        if verdict != "Allowed":
            refused.setdefault(mutation.lost, call)
    return [(mutation, refused.get(mutation.lost)) for mutation in mutations]


def test_every_call_that_was_measured_is_in_the_catalogue() -> None:
    unused = set(catalogue.MEASURED) - set(catalogue.TYPES.values())
    assert unused == set(), f"no type of the programs makes these calls: {unused}"
    measured = {kind for kind in catalogue.TYPES.values() if kind in catalogue.MEASURED}
    assert set(catalogue.TYPES.values()) - measured == {"image"} | {
        kind for kind in catalogue.DERIVED if kind.startswith(NOT_MEASURED)
    }, "measure it, or derive it and say from where"


def test_a_type_without_an_entry_is_refused(dev: Deployment) -> None:
    bucket = replace(dev.layers["platform"].resources[3], type="aws:sqs/queue:Queue")
    layers = {**dev.layers, "platform": replace(dev.layers["platform"], resources=(bucket,))}
    with pytest.raises(LookupError, match=r"aws:sqs/queue:Queue is registered and nobody knows its calls"):
        calls(layers, dev.caller)


def test_every_lookup_is_in_the_catalogue() -> None:
    unknown = LOOKUPS.keys() - {*catalogue.LOOKUPS, *catalogue.ADMINS_LOOKUPS}
    assert unknown == set(), f"say in LOOKUPS of tests/iam/calls.py what {unknown} calls"
    assert set(catalogue.TYPES) <= set(CATALOG), "a type that the programs cannot register"


@pytest.mark.parametrize("layer", OPTIONS)
def test_every_option_is_switched_on(layer: str) -> None:
    settings = next(kind for kind in ALL_SETTINGS if kind.layer == layer)
    properties = settings.model_json_schema()["properties"]
    choices = {
        key
        for key, spec in properties.items()
        if spec.get("type") == "boolean" or (spec.get("type") == "string" and "enum" in spec)
    }
    switched = {**OPTIONS[layer], **HTTP_API.get(layer, {})}
    if layer == "platform":
        switched |= HOSTED_ZONE
    assert choices - set(switched) == set(), "switch it on in OPTIONS of tests/iam/deployments.py"
    assert set(switched) - set(properties) == set()
    defaults = {to_camel(name): field.default for name, field in settings.model_fields.items()}
    same = [key for key, value in switched.items() if value == str(defaults[key]).lower()]
    assert same == [], f"{same} are at their default"
