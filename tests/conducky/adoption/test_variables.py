"""Which setting a variable belongs to, and what is said of one that has none."""

import pytest

from tests.conducky.adoption.sources import NODE, SERVER, Repository

COMPOSE = """
services:
  api: {{build: ./api, ports: ["4000:4000"]}}
  web: {{build: ./web, environment: {{{name}: "http://api:4000/v2"}}}}
"""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "GARDEN_API_URL",
            "set it in `variables`, in `addresses` if it is the frontend's or the backend's, or name it in",
        ),
        ("GARDEN_SIZE", "set it in `variables`, or name it in"),
    ],
)
def test_an_address_without_a_value_may_be_that_of_an_application(repository: Repository, name: str, says: str) -> None:
    repository.backend(**{"main.ts": f"process.env.{name}"})
    assert f"{name} (shop/api/main.ts:1) got no value: {says} `secrets`" in repository.said


@pytest.mark.parametrize(
    ("rest", "is_named"),
    [("')", True), ("', { infer: true })", True), ("', 15)", False), ("', '15')", False), ("',\n  fallback)", False)],
)
def test_what_is_read_with_a_default_needs_no_value(repository: Repository, rest: str, *, is_named: bool) -> None:
    repository.backend(**{"main.ts": f"this.config.get('SLOT_MINUTES{rest}"})
    assert ("SLOT_MINUTES (shop/api/main.ts:1) got no value" in repository.said) is is_named


@pytest.mark.parametrize(
    ("name", "is_built"), [("VITE_API_URL", True), ("NEXT_PUBLIC_API_URL", True), ("NUXT_PUBLIC_API_URL", False)]
)
def test_what_is_built_into_a_page_needs_an_argument(repository: Repository, name: str, *, is_built: bool) -> None:
    repository.write({**SERVER, "web/Dockerfile": NODE, "compose.yml": COMPOSE.format(name=name)})
    assert repository.adopt()["frontend"]["addresses"] == {name: "backend"}
    note = f"{name} (shop/compose.yml) has the path /v2 there, and gets the address without it here"
    more = f"; it is built into the page, and the Dockerfile has no `ARG {name}`: add one before its build"
    assert f"{note}{more if is_built else ''}\n" in repository.said
