"""An application of one's own: what its settings say reaches image, task definition, rules and parameters."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from conducky.repository import ROOT
from tests.services.container_definitions import container, environment, secrets

Again = Callable[..., Evaluation]

IMAGE = "docker-build:index:Image"
PARAMETER = "aws:ssm/parameter:Parameter"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A repository with one root context and two Dockerfiles."""
    shutil.copytree(ROOT / "services", tmp_path / "services", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("web", "api"):
        (tmp_path / "shop" / name).mkdir(parents=True)
        (tmp_path / "shop" / name / "Dockerfile").write_text("FROM node:24 AS build\nFROM node:24 AS run\n")
    return tmp_path


def own(application: str, **settings: Any) -> dict[str, str]:  # noqa: ANN401
    return {application: json.dumps(settings)}


def test_a_context_and_a_dockerfile_of_ones_own_are_built(evaluate_services: Again, copy: Path) -> None:
    config = own("backend", context="shop", dockerfile="api/Dockerfile", target="build", buildArgs={"FLAVOUR": 2})
    config |= own("frontend", context="shop", dockerfile="web/Dockerfile", buildAddresses={"API": "backend"})
    (copy / "shop" / "api" / "prisma" / "migrations" / "1_init").mkdir(parents=True)
    made = evaluate_services(config=config, root=copy)
    api, web = made.one(IMAGE, "backend").inputs, made.one(IMAGE, "frontend").inputs
    assert (api["context"]["location"], web["context"]["location"]) == ("../shop", "../shop")
    assert api["dockerfile"]["location"] == "../shop/api/Dockerfile"
    assert (api["target"], api["buildArgs"]) == ("build", {"FLAVOUR": "2"})
    assert web["buildArgs"] == {"API": made.exports["backend_url"]}
    assert (api["labels"], web.get("labels")) == ({"conducky.migration": "1_init"}, None)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"context": "nowhere"}, "`backend.context` is `nowhere`"),
        ({"dockerfile": "Dockerfile.prod"}, "`backend.dockerfile` is `Dockerfile.prod`"),
        ({"target": "runtimee"}, "`backend.target` is `runtimee`"),
    ],
)
def test_what_is_not_there_is_refused_before_anything_is_created(
    evaluate_services: Again, begun: list[str], settings: dict[str, str], problem: str
) -> None:
    with pytest.raises(UserError, match=r"there is no such thing") as caught:
        evaluate_services(config=own("backend", **settings))
    assert problem in caught.value.problem
    assert begun == []


def test_port_health_paths_user_and_command_reach_route_and_container(evaluate_services: Again) -> None:
    settings = {
        "port": 8080,
        "healthPath": "/up",
        "paths": ["/v1/*", "/auth"],
        "user": "image",
        "command": ["node", "x"],
    }
    made = evaluate_services(config=own("backend", **settings))
    definition = container(made, "backend")
    assert definition["portMappings"][0]["containerPort"] == 8080
    assert environment(made, "backend")["PORT"] == "8080"
    assert "user" not in definition
    assert (definition["command"], "entryPoint" in definition) == (["node", "x"], False)
    group = made.one("aws:lb/targetGroup:TargetGroup", "conducky-dev-backend").inputs
    assert (group["port"], group["healthCheck"]["path"]) == (8080, "/up")
    rule = made.one("aws:lb/listenerRule:ListenerRule", "backend").inputs
    assert rule["conditions"] == [{"pathPattern": {"values": ["/v1/*", "/auth"]}}]
    assert made.one(INGRESS, "backend-from-entrance").inputs["fromPort"] == 8080
    assert made.one(EGRESS, "entrance-to-backend").inputs["toPort"] == 8080


@pytest.mark.parametrize("application", ["frontend", "backend"])
@pytest.mark.parametrize("kind", ["", "gateway_"])
def test_the_entrance_alone_reaches_it_and_it_reaches_https(
    request: pytest.FixtureRequest, kind: str, application: str
) -> None:
    services: Evaluation = request.getfixturevalue(f"{kind}services")
    platform: Evaluation = request.getfixturevalue(f"{kind}platform")
    entrance = platform.exports["entrance_security_group_id"]
    group = platform.exports[f"{application}_security_group_id"]
    assert [
        rule.inputs["referencedSecurityGroupId"]
        for rule in services.of(INGRESS)
        if rule.inputs["securityGroupId"] == group
    ] == [entrance]
    out = [rule.inputs for rule in services.of(EGRESS) if rule.inputs["securityGroupId"] == group]
    assert [(rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) for rule in out] == [("0.0.0.0/0", 443, 443)]
    assert all(rule.inputs["description"] for rule in services.of(INGRESS) + services.of(EGRESS))


def test_its_tasks_wait_for_the_rules_that_they_need(services: Evaluation) -> None:
    for name in ("frontend", "backend"):
        service = services.one("aws:ecs/service:Service", f"conducky-dev-{name}")
        rules = [rule.urn for rule in services.of(EGRESS) + services.of(INGRESS) if name in rule.name]
        assert set(rules) <= set(service.depends_on)


def test_egress_opens_one_rule_for_each_port(evaluate_services: Again) -> None:
    made = evaluate_services(config=own("backend", egress=[443, 587]))
    names = [rule.name for rule in made.of(EGRESS) if "internet" in rule.name]
    assert sorted(names) == ["backend-to-internet-443", "backend-to-internet-587", "frontend-to-internet-443"]


def test_variables_and_addresses_come_under_the_applications_own_names(evaluate_services: Again) -> None:
    settings = {"variables": {"SMTP_HOST": "mail.example.com", "RETRIES": 3}, "addresses": {"SITE_URL": "frontend"}}
    made = evaluate_services(config=own("backend", **settings))
    found = environment(made, "backend")
    assert (found["SMTP_HOST"], found["RETRIES"]) == ("mail.example.com", "3")
    assert found["SITE_URL"] == made.exports["frontend_url"]
    assert "CORS_ORIGIN" not in found


def test_an_application_with_its_own_list_needs_none_of_the_samples_secrets(evaluate_services: Again) -> None:
    made = evaluate_services(config=own("backend", secrets=[]), variables={"JWT_SECRET": None, "SESSION_SECRET": None})
    assert sorted(secrets(made, "backend")) == ["DATABASE_URL"]
    assert made.of(PARAMETER) == []


def test_each_application_has_its_own_parameter_for_a_secret_that_both_name(evaluate_services: Again) -> None:
    config = own("backend", secrets=["API_KEY"]) | own("frontend", secrets=["API_KEY"])
    made = evaluate_services(config=config, variables={"API_KEY": "x"})
    names = {made.one(PARAMETER, name).inputs["name"] for name in ("backend-API_KEY", "frontend-API_KEY")}
    assert names == {"/conducky/dev/backend/API_KEY", "/conducky/dev/frontend/API_KEY"}
    assert "frontend/API_KEY" in secrets(made, "frontend")["API_KEY"]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "API_KEY is missing"),
        ("é" * 2049, "API_KEY has 4098 bytes and may have at most 4096"),
        ("hello {{ssm:other}}", "API_KEY contains `{{`"),
    ],
    ids=["missing", "too-long-in-bytes", "nested"],
)
def test_what_ssm_would_refuse_is_refused_before_anything_is_created(
    evaluate_services: Again, begun: list[str], value: str | None, problem: str
) -> None:
    with pytest.raises(UserError) as caught:
        evaluate_services(config=own("backend", secrets=["API_KEY"]), variables={"API_KEY": value})
    assert problem in caught.value.problem
    assert caught.value.fix == "run `export API_KEY=…`"
    assert begun == []


def test_a_third_partys_secret_has_no_shortest_length(evaluate_services: Again) -> None:
    made = evaluate_services(config=own("backend", secrets=["SMTP_PASSWORD"]), variables={"SMTP_PASSWORD": "abc123"})
    assert made.one(PARAMETER, "backend-SMTP_PASSWORD").inputs["value"] == "abc123"


def test_a_migration_is_wrapped_around_the_command(evaluate_services: Again) -> None:
    made = evaluate_services(config=own("backend", migrations="command", command=["node", "server.js"]))
    shell, option, script, _ = container(made, "backend")["entryPoint"]
    assert (shell, option) == ("/bin/sh", "-c")
    assert "prisma migrate deploy" in script
    assert container(made, "backend")["command"] == ["node", "server.js"]


@pytest.mark.parametrize("base", ["gcr.io/distroless/nodejs24", "scratch", "cgr.dev/chainguard/node:latest"])
def test_a_migration_command_needs_an_image_with_a_shell(evaluate_services: Again, copy: Path, base: str) -> None:
    text = f"FROM node:24 AS build\nFROM {base} AS last\nFROM last\n"
    (copy / "shop" / "api" / "Dockerfile").write_text(text)
    config = own("backend", context="shop/api", migrations="command", command=["server.js"])
    config |= own("frontend", context="shop/web")
    with pytest.raises(UserError, match="needs a shell"):
        evaluate_services(config=config, root=copy)


def test_an_image_that_is_always_built_for_another_processor_is_refused(
    evaluate_services: Again, begun: list[str], copy: Path
) -> None:
    (copy / "shop/api/Dockerfile").write_text(
        "ARG NODE=24\nFROM --platform=linux/amd64 node:$NODE AS base\nFROM base\n"
    )
    config = {**own("backend", context="shop/api"), **own("frontend", context="shop/web")}
    with pytest.raises(UserError) as caught:
        evaluate_services(config=config, root=copy)
    assert "the backend's image is always built for x86_64" in caught.value.problem
    assert "`--platform=linux/amd64` in shop/api/Dockerfile:2" in caught.value.problem
    assert "its tasks run on arm64" in caught.value.problem
    assert "services config set architecture x86_64" in caught.value.fix
    assert begun == []
    made = evaluate_services(config={**config, "architecture": "x86_64"}, root=copy)
    assert made.one(IMAGE, "backend").inputs["platforms"] == ["linux/amd64"]


@pytest.mark.parametrize("target", ["Run", "BUILD", "1"])
def test_a_stage_of_a_dockerfile_with_windows_line_ends_and_another_encoding_is_found(
    evaluate_services: Again, copy: Path, target: str
) -> None:
    text = b"\xef\xbb\xbfFROM node:24 AS build\r\n# \xe4\r\nFROM node:24 \\\r\n  AS run\r\n"
    (copy / "shop/api/Dockerfile").write_bytes(text)
    config = own("backend", context="shop", dockerfile="api/Dockerfile", target=target)
    made = evaluate_services(
        config={**config, **own("frontend", context="shop", dockerfile="web/Dockerfile")}, root=copy
    )
    assert made.one(IMAGE, "backend").inputs["target"] == target
