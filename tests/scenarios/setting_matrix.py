"""All settings with each other: every pair of values occurs together in one of the combinations."""

import itertools
from collections.abc import Mapping, Sequence
from typing import cast

from allpairspy import AllPairs

from conducky.catalog.resource_type import ACCOUNT_ID
from tests.scenarios.setting_cases import CASES, CERTIFICATE, EVERYWHERE, IMAGES

Config = Mapping[str, Mapping[str, str]]  # by layer
Key = tuple[str, str]  # layer and setting

IMAGE = "sha256:" + "7" * 64  # one that ECR must have
_DOMAIN, _ZONE = {"domain": "app.example.com", "www": "true"}, {"hostedZone": "example.com"}
# Each way with what it takes, none left to a stack's own file; and the entrance that has HTTPS of its own.
HTTPS: Sequence[Mapping[str, str]] = (
    {"https": "off"},
    {"https": "off", "entrance": "http-api"},
    {"https": "certificate", "certificateArn": CERTIFICATE, **_DOMAIN},
    {"https": "hosted-zone", "domain": "example.com", **_ZONE},
    {"https": "cloudfront"},
    {"https": "cloudfront", "certificateArn": CERTIFICATE, **_DOMAIN},
    {"https": "cloudfront", **_DOMAIN, **_ZONE},
)
# What makes no sense alone changes together. A setting that is not here takes its default and the values of its cases.
_TOGETHER: Sequence[Sequence[Config]] = (
    (
        {},
        {"bootstrap": {"githubRepository": "acme/conducky"}},
        {
            "bootstrap": {
                "githubRepository": "acme/conducky",
                "githubIds": "1234567/7654321",
                "githubBranch": "release",
                "githubEnvironment": "production",
                "githubPreviews": "true",
            }
        },
    ),
    ({}, {"bootstrap": {"budgetEmail": "costs@example.com", "budgetLimit": "100"}}),
    ({}, {layer: {EVERYWHERE: "another"} for layer in CASES}),
    ({}, {layer: {"accountId": ACCOUNT_ID} for layer in CASES}),
    ({}, {"platform": {"databaseRestoreFrom": "2026-01-31T03:00:00Z"}}),  # a backup is one stack's own
    ({}, {layer: {"region": "us-east-1"} for layer in CASES}),
    tuple({"platform": each} for each in HTTPS),
    (
        {},
        {"platform": {"loadBalancers": "dedicated", "crossSiteSessions": "refuse"}},
        {"platform": {"loadBalancers": "dedicated", "crossSiteSessions": "accept-broken"}},
    ),
    (
        {},
        {"platform": {"databaseStorageGib": "40", "databaseMaxStorageGib": "44"}},
        {"platform": {"databaseMaxStorageGib": "100"}},
    ),
    *(
        (
            {},
            {"services": {f"{application}Memory": "2048"}},
            {"services": {f"{application}Cpu": "1024", f"{application}Memory": "4096"}},
        )
        for application in ("frontend", "backend")
    ),
    (
        {},
        {"services": {"deploymentStrategy": "canary", "bakeMinutes": "3"}},
        {"services": {"deploymentStrategy": "blue-green"}},
    ),
    ({}, {"services": {"backendMaxCount": "3", "scalingCpuPercent": "70"}}),
    ({}, {"services": {"frontendMaxCount": "4", "scalingRequests": "500"}}),
    (
        {},
        {
            "services": {
                "worker": '{"command": ["node", "worker.js"], "cpu": 512, "memory": 1024}',
                "databasePoolSize": "5",
            }
        },
    ),
    ({}, {"services": {"backendCount": "0"}}, {"services": {"backendCount": "3"}}),
    ({}, {"services": {"backendGraceSeconds": "240"}}, {"services": {"steadyStateMinutes": "40"}}),
    ({}, {"services": dict.fromkeys(IMAGES, IMAGE)}),
    (
        {},
        {
            "services": {
                "jwtSecret": "j" * 8 + "0123456789abcdef" * 2,
                "sessionSecret": "s" * 8 + "0123456789abcdef" * 2,
            }
        },
    ),
)


# What the programs refuse together, each as layer, setting and value.
Pair = tuple[Key, str]
_HTTP_API = (("platform", "entrance"), "http-api")
_SCHEDULE = (("platform", "schedule"), "mon-fri 08:00-20:00 Europe/Berlin")
_THIRD_ZONE = (("platform", "availabilityZones"), '["us-east-1a","us-east-1c"]')  # no VPC links and no VPC origins
_DEDICATED = (("platform", "loadBalancers"), "dedicated")
_LOGGED = [(("platform", "accessLogDays"), days) for days in ("90", "30")]
_OFF, _CERTIFICATE, _HOSTED_ZONE, _CLOUDFRONT = (
    (("platform", "https"), way) for way in ("off", "certificate", "hosted-zone", "cloudfront")
)
REFUSED: Sequence[frozenset[Pair]] = (
    frozenset({_SCHEDULE, (("services", "backendMaxCount"), "3")}),
    frozenset({_SCHEDULE, (("services", "frontendMaxCount"), "4")}),
    *(frozenset({_HTTP_API, (("services", "deploymentStrategy"), each)}) for each in ("canary", "blue-green")),
    *(
        frozenset({_HTTP_API, other})
        for other in (_DEDICATED, _THIRD_ZONE, _CERTIFICATE, _HOSTED_ZONE, _CLOUDFRONT, *_LOGGED)
    ),
    frozenset({_CLOUDFRONT, _THIRD_ZONE}),
    frozenset({_CLOUDFRONT, _DEDICATED}),
    frozenset({_OFF, _DEDICATED, (("platform", "crossSiteSessions"), "refuse")}),
)


def axes() -> list[Sequence[Config]]:
    """What is combined: each entry has the configurations of one setting, or of several that belong together."""
    known = {key for configs in _TOGETHER for config in configs for key in keys(config)}
    values: dict[Key, list[Config]] = {}
    for layer, cases in CASES.items():
        for case in cases:
            if (layer, case.setting) not in known:
                found = values.setdefault((layer, case.setting), [{}])
                if (config := {layer: {case.setting: case.value}}) not in found:
                    found.append(config)
    return [*_TOGETHER, *values.values()]


def combinations() -> list[Config]:
    """The combinations, about as few as are possible; the same ones in every run."""
    configs = axes()
    rows = cast("list[list[Config]]", list(AllPairs(configs, filter_func=_is_possible)))  # pyright: ignore[reportUnknownArgumentType]
    _complete(rows, configs)
    return [
        {layer: dict(itertools.chain.from_iterable(each.get(layer, {}).items() for each in row)) for layer in CASES}
        for row in rows
    ]


def _complete(rows: list[list[Config]], configs: Sequence[Sequence[Config]]) -> None:
    """Add the few pairs that the library leaves out where others are refused, upon the first values that go with it."""
    for (one, its), (other, others) in itertools.combinations(enumerate(configs), 2):
        for pair in itertools.product(its, others):
            if _is_possible(pair) and not any((row[one], row[other]) == pair for row in rows):
                row = dict(zip((one, other), pair, strict=True))
                for number, values in enumerate(configs):
                    if number not in row:
                        row[number] = next(each for each in values if _is_possible([*row.values(), each]))
                rows.append([row[number] for number in range(len(configs))])


def _is_possible(row: Sequence[Config]) -> bool:
    """Whether the programs take what is combined so far."""
    found = {
        ((layer, setting), value)
        for config in row
        for layer, settings in config.items()
        for setting, value in settings.items()
    }
    return not any(refused <= found for refused in REFUSED)


def keys(config: Config) -> set[Key]:
    """The settings of a configuration."""
    return {(layer, setting) for layer, settings in config.items() for setting in settings}
