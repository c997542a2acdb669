"""Evaluating a program without an engine: what it registers, exports and refuses is what the real thing would."""

import asyncio
import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import ENVIRONMENT, Evaluation, evaluate
from conducky.repository import LAYERS


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a platform program; the imports are there already."""

    def repository(text: str) -> Path:
        (tmp_path / "platform").mkdir(exist_ok=True)
        (tmp_path / "platform" / "Pulumi.dev.yaml").write_text("config: {}\n")
        (tmp_path / "platform" / "__main__.py").write_text(f"import pulumi\nimport pulumi_aws as aws\n{text}\n")
        return tmp_path

    return repository


@pytest.mark.parametrize("layer", LAYERS)
def test_it_registers_and_exports(evaluated: Callable[[str, str], Evaluation], layer: str) -> None:
    made = evaluated(layer, "dev")
    assert (made.layer, made.stack) == (layer, "dev")
    assert [resource for resource in made.resources if resource.custom]
    assert made.exports


def test_an_encrypted_setting_that_is_none_is_refused(write: Callable[[str], Path]) -> None:
    root = write("pulumi.export('a', 1)")
    (root / "platform" / "Pulumi.dev.yaml").write_text("config: {conducky-platform:domian: {secure: AAABAExample}}\n")
    with pytest.raises(UserError, match=r"`domian` is not a setting of platform \(did you mean `domain`"):
        evaluate("platform", upstream={}, root=root)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_resource_belongs_to_a_component(evaluated: Callable[[str, str], Evaluation], layer: str) -> None:
    """A program has no resource of its own below the component level."""
    made = evaluated(layer, "dev")
    components = {resource.urn for resource in made.resources if not resource.custom}
    orphans = [resource.name for resource in made.resources if resource.custom and resource.parent not in components]
    assert orphans == []
    kinds = {resource.type for resource in made.resources if not resource.custom}
    assert {kind.rpartition(":")[0] for kind in kinds} == {f"conducky:{layer}"}


def test_the_same_program_gives_the_same_names_each_time() -> None:
    one, other = evaluate("bootstrap"), evaluate("bootstrap")
    assert one.exports == other.exports
    assert sorted(resource.urn for resource in one.resources) == sorted(resource.urn for resource in other.resources)


def test_services_evaluates_the_layers_below_where_they_are_not_given(services: Evaluation) -> None:
    again, before = (
        {name: value for name, value in made.exports.items() if not name.endswith("_release")}  # they have the time
        for made in (evaluate("services"), services)
    )
    assert again == before


def test_settings_win_over_the_stack_file() -> None:
    made = evaluate("bootstrap", stack="prod", config={"imagesToKeep": "77"})
    assert '"countNumber": 77' in made.one("aws:ecr/lifecyclePolicy:LifecyclePolicy", "backend").inputs["policy"]


def test_a_stack_has_its_own_settings_and_names(evaluated: Callable[[str, str], Evaluation]) -> None:
    assert evaluated("bootstrap", "prod").exports["name_prefix"] == "conducky-prod-"


def test_the_environment_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.delenv("JWT_SECRET", raising=False)
    evaluate("bootstrap")
    with pytest.raises(UserError):
        evaluate("bootstrap", variables={"AWS_REGION": "nowhere"})
    assert os.environ["AWS_REGION"] == "eu-north-1"
    assert "JWT_SECRET" not in os.environ


def test_what_is_set_on_this_machine_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert ":us-east-1:" in evaluate("bootstrap").exports["backend_repository_arn"]


def test_the_secrets_are_visibly_fake() -> None:
    for name in ("JWT_SECRET", "SESSION_SECRET"):
        assert "fake" in str(ENVIRONMENT[name])


def test_secrets_are_told_from_plain_inputs_and_exports(write: Callable[[str], Path]) -> None:
    root = write(
        "secret = pulumi.Output.secret('hidden')\n"
        "aws.ssm.Parameter('p', type='SecureString', name='/p', value=secret, description='open')\n"
        "pulumi.export('covered', secret)\n"
        "pulumi.export('open', 'open')"
    )
    made = evaluate("platform", root=root)
    parameter = made.one("aws:ssm/parameter:Parameter")
    assert parameter.inputs["value"] == "hidden"
    assert parameter.secret_inputs == {"value"}
    assert made.exports == {"covered": "hidden", "open": "open"}
    assert made.secret_exports == {"covered"}


def test_a_secret_within_a_property_marks_the_property(write: Callable[[str], Path]) -> None:
    root = write("aws.ec2.SecurityGroup('g', tags={'a': pulumi.Output.secret('hidden')})")
    assert evaluate("platform", root=root).one("aws:ec2/securityGroup:SecurityGroup").secret_inputs == {"tags"}


def test_options_are_noted(write: Callable[[str], Path]) -> None:
    root = write(
        "first = aws.ec2.SecurityGroup('first')\n"
        "aws.ec2.SecurityGroup('second', opts=pulumi.ResourceOptions(protect=True, retain_on_delete=True,\n"
        "    depends_on=[first], custom_timeouts=pulumi.CustomTimeouts(create='5m')))"
    )
    made = evaluate("platform", root=root)
    first, second = (made.one("aws:ec2/securityGroup:SecurityGroup", name) for name in ("first", "second"))
    assert (first.protect, first.retain_on_delete, first.depends_on, first.timeouts) == (False, False, (), {})
    assert (second.protect, second.retain_on_delete) == (True, True)
    assert second.depends_on == (first.urn,)
    assert second.timeouts == {"create": "5m"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("aws.sqs.Queue('q')", r"does not know the resource type aws:sqs.*types\.toml"),
        ("aws.get_regions()", r"no answer to aws:index/getRegions.*lookups\.py"),
    ],
)
def test_what_it_does_not_know_is_refused_by_name_with_the_file_to_extend(
    write: Callable[[str], Path], text: str, what: str
) -> None:
    with pytest.raises(NotImplementedError, match=what):
        evaluate("platform", root=write(text))


def test_what_aws_would_refuse_is_refused(write: Callable[[str], Path]) -> None:
    root = write("aws.lb.TargetGroup('g', name='x' * 33, port=80, protocol='HTTP', vpc_id='vpc-1')")
    with pytest.raises(ValueError, match="longer than 32 characters"):
        evaluate("platform", root=root)


def test_an_error_is_raised_and_not_printed_later_too(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    root = write("aws.lb.TargetGroup('g', name='x' * 33, port=80, protocol='HTTP', vpc_id='vpc-1')")
    gc.freeze()  # what other tests left is not looked at
    with pytest.raises(ValueError, match="longer than 32 characters"):
        evaluate("platform", root=root)
    gc.collect()
    assert capsys.readouterr().err == ""


def test_a_mistake_in_a_program_is_the_programs_own_error(write: Callable[[str], Path]) -> None:
    with pytest.raises(ZeroDivisionError):
        evaluate("platform", root=write("1 / 0"))


def test_a_program_that_failed_leaves_the_next_one_alone(write: Callable[[str], Path]) -> None:
    root = write("aws.ec2.SecurityGroup('g')\nraise RuntimeError('half-way')")
    with pytest.raises(RuntimeError, match="half-way"):
        evaluate("platform", root=root)
    assert evaluate("bootstrap").exports["name_prefix"] == "conducky-dev-"


def test_one_says_what_it_found_instead(bootstrap: Evaluation) -> None:
    with pytest.raises(LookupError, match="bootstrap has 3 of aws:ecr/repository:Repository"):
        bootstrap.one("aws:ecr/repository:Repository")
    with pytest.raises(LookupError, match="bootstrap has 0 of aws:ecr/repository:Repository database"):
        bootstrap.one("aws:ecr/repository:Repository", "database")


def test_an_unknown_stack_is_refused() -> None:
    with pytest.raises(UserError, match="there is no stack `staging`"):
        evaluate("platform", stack="staging")


def test_it_can_be_called_from_within_an_event_loop() -> None:
    async def inside() -> int:
        return len(evaluate("bootstrap").resources)

    assert asyncio.run(inside()) > 10
