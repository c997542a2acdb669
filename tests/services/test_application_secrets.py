"""JWT_SECRET and SESSION_SECRET: required, long enough, from the environment or a secret setting, never in the open."""

from collections.abc import Callable

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import ENVIRONMENT, Evaluation

PARAMETER = "aws:ssm/parameter:Parameter"
SETTINGS = {"JWT_SECRET": "jwtSecret", "SESSION_SECRET": "sessionSecret"}

Again = Callable[..., Evaluation]


@pytest.mark.parametrize("name", SETTINGS)
def test_it_is_an_encrypted_parameter_of_this_stack(services: Evaluation, name: str) -> None:
    parameter = services.one(PARAMETER, f"backend-{name}")
    assert parameter.inputs["type"] == "SecureString"
    assert parameter.inputs["name"] == f"/conducky/dev/backend/{name}"
    assert "value" in parameter.secret_inputs, "the value must be a secret in the state as well"


@pytest.mark.parametrize("name", SETTINGS)
def test_the_environment_gives_it(services: Evaluation, name: str) -> None:
    assert services.one(PARAMETER, f"backend-{name}").inputs["value"] == ENVIRONMENT[name]


@pytest.mark.parametrize(("name", "setting"), SETTINGS.items())
def test_a_secret_setting_gives_it_where_the_environment_does_not(
    evaluate_services: Again, name: str, setting: str
) -> None:
    made = evaluate_services(variables={name: None}, secret_config={setting: "from-the-stack-" + "x" * 32})
    assert made.one(PARAMETER, f"backend-{name}").inputs["value"] == "from-the-stack-" + "x" * 32


@pytest.mark.parametrize(("name", "setting"), SETTINGS.items())
def test_the_environment_wins(evaluate_services: Again, name: str, setting: str) -> None:
    made = evaluate_services(secret_config={setting: "from-the-stack-" + "x" * 32})
    assert made.one(PARAMETER, f"backend-{name}").inputs["value"] == ENVIRONMENT[name]


@pytest.mark.parametrize("value", [None, "", "  \n"], ids=["unset", "empty", "blank"])
@pytest.mark.parametrize(("name", "setting"), SETTINGS.items())
def test_a_missing_one_is_refused_before_anything_is_created(
    evaluate_services: Again, begun: list[str], name: str, setting: str, value: str | None
) -> None:
    with pytest.raises(UserError) as caught:
        evaluate_services(variables={name: value})
    assert name in caught.value.problem
    assert caught.value.fix == (
        f'run `export {name}="$(openssl rand -hex 32)"`, '
        f"or `pulumi -C services config set --secret {setting} --stack dev`"
    )
    assert begun == []


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(("length", "limit"), [(31, "at least 32"), (4097, "at most 4096")])
def test_one_of_the_wrong_length_is_refused_and_not_quoted(
    evaluate_services: Again, begun: list[str], name: str, length: int, limit: str
) -> None:
    with pytest.raises(UserError, match=limit) as caught:
        evaluate_services(variables={name: "z" * length})
    assert f"{name} has {length} " in caught.value.problem
    assert f"export {name}=" in caught.value.fix
    assert "zz" not in str(caught.value)
    assert begun == []


@pytest.mark.parametrize("length", [32, 4096])
def test_the_limits_themselves_are_allowed(evaluate_services: Again, length: int) -> None:
    made = evaluate_services(variables={"JWT_SECRET": "z" * length})
    assert len(made.one(PARAMETER, "backend-JWT_SECRET").inputs["value"]) == length


@pytest.mark.parametrize(("name", "setting"), SETTINGS.items())
def test_one_in_plain_text_in_the_stack_file_is_refused(
    evaluate_services: Again, begun: list[str], name: str, setting: str
) -> None:
    with pytest.raises(UserError, match=f"config set --secret {setting}") as caught:
        evaluate_services(variables={name: None}, config={setting: "z" * 40})
    assert "plain text" in str(caught.value)
    assert "zz" not in str(caught.value)
    assert begun == []


def test_each_variable_has_its_own_value(services: Evaluation) -> None:
    jwt, session = (services.one(PARAMETER, f"backend-{name}").inputs["value"] for name in SETTINGS)
    assert jwt != session
