"""The three addresses: environment over setting over the load balancer's own."""

from collections.abc import Callable

import pytest

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation
from tests.services.container_definitions import environment

Again = Callable[..., Evaluation]

SETTINGS = {
    "FRONTEND_BASE_URL": "frontendBaseUrl",
    "CORS_ORIGIN": "corsOrigin",
    "NEXT_PUBLIC_API_URL": "nextPublicApiUrl",
}


def urls(services: Evaluation) -> dict[str, str]:
    """What the containers and the build get."""
    backend, frontend = environment(services, "backend"), environment(services, "frontend")
    built_in = services.one("docker-build:index:Image", "frontend").inputs["buildArgs"]["NEXT_PUBLIC_API_URL"]
    assert frontend["API_URL"] == built_in, "a page must find the same API whether it is built in or read"
    return {
        "FRONTEND_BASE_URL": backend["FRONTEND_BASE_URL"],
        "CORS_ORIGIN": backend["CORS_ORIGIN"],
        "NEXT_PUBLIC_API_URL": built_in,
    }


def test_they_are_the_load_balancers_by_default(services: Evaluation, platform: Evaluation) -> None:
    assert urls(services) == {
        "FRONTEND_BASE_URL": platform.exports["frontend_url"],
        "CORS_ORIGIN": platform.exports["frontend_url"],
        "NEXT_PUBLIC_API_URL": platform.exports["backend_url"],
    }


SET = {name: f"https://set{number}.example.com" for number, name in enumerate(SETTINGS)}
CONFIG = {setting: SET[name] for name, setting in SETTINGS.items()}


def test_a_setting_wins_over_the_load_balancers(evaluate_services: Again) -> None:
    assert urls(evaluate_services(config=CONFIG)) == SET


def test_the_environment_wins_over_the_setting(evaluate_services: Again) -> None:
    variables = {name: f"https://env{number}.example.com:8443" for number, name in enumerate(SETTINGS)}
    assert urls(evaluate_services(config=CONFIG, variables=variables)) == variables


@pytest.mark.parametrize("blank", ["", " \t"])
def test_a_blank_variable_counts_as_unset(evaluate_services: Again, blank: str) -> None:
    """GitHub gives a secret that does not exist as an empty text."""
    assert urls(evaluate_services(config=CONFIG, variables=dict.fromkeys(SETTINGS, blank))) == SET


@pytest.mark.parametrize("where", ["config", "variables"])
def test_cors_follows_the_frontend(evaluate_services: Again, where: str) -> None:
    key = "frontendBaseUrl" if where == "config" else "FRONTEND_BASE_URL"
    services = evaluate_services(**{where: {key: "https://app.example.com"}})
    assert urls(services)["CORS_ORIGIN"] == "https://app.example.com"


def test_cors_takes_several_origins(evaluate_services: Again) -> None:
    several = "https://app.example.com,http://localhost:3000"
    assert urls(evaluate_services(variables={"CORS_ORIGIN": several}))["CORS_ORIGIN"] == several


def test_the_exports_are_what_people_open(evaluate_services: Again) -> None:
    variables = {"FRONTEND_BASE_URL": "https://app.example.com", "NEXT_PUBLIC_API_URL": "https://api.example.com"}
    exports = evaluate_services(variables=variables).exports
    assert exports["frontend_url"] == "https://app.example.com"
    assert exports["backend_url"] == "https://api.example.com"


@pytest.mark.parametrize("variable", SETTINGS)
@pytest.mark.parametrize(
    "nonsense",
    [
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com\nhttps://b",
    ],
)
def test_nonsense_in_the_environment_is_refused_on_one_line(
    evaluate_services: Again, begun: list[str], variable: str, nonsense: str
) -> None:
    with pytest.raises(UserError) as caught:
        evaluate_services(variables={variable: nonsense})
    assert variable in caught.value.problem
    assert caught.value.fix == f"run `export {variable}=https://app.example.com`, or `unset {variable}`"
    assert str(caught.value).isprintable(), "one line, whatever the value"
    assert begun == []


def test_only_cors_takes_a_list(evaluate_services: Again) -> None:
    with pytest.raises(UserError, match="FRONTEND_BASE_URL"):
        evaluate_services(variables={"FRONTEND_BASE_URL": "https://a.example.com,https://b.example.com"})
