"""What AWS Copilot's manifests say about an application."""

import pytest

from tests.conducky.adoption.sources import SERVER, Repository

SERVICE = "name: api\ntype: Load Balanced Web Service\nimage: {build: api/Dockerfile, port: 8080}\n"


@pytest.mark.parametrize(
    ("count", "least"),
    [
        ("3", 3),
        ("{spot: 4}", 4),
        ("{range: 2-6, cpu_percentage: 70}", 2),
        ("{range: {min: 2, max: 6, spot_from: 3}}", 2),
    ],
)
def test_the_number_of_tasks_in_each_form(repository: Repository, count: str, least: int) -> None:
    repository.write({**SERVER, "copilot/api/manifest.yml": f"{SERVICE}http: {{path: v1}}\ncount: {count}\n"})
    assert repository.adopt()["backendCount"] == least
    assert ("up to 6 tasks run: set" in repository.said) is ("range" in count)


def test_the_paths_of_additional_rules_go_to_the_backend_too(repository: Repository) -> None:
    http = "http: {path: v1, additional_rules: [{path: /admin}]}\ntaskdef_overrides: [{path: Cpu, value: 256}]\n"
    repository.write({**SERVER, "copilot/api/manifest.yml": SERVICE + http})
    assert repository.adopt()["backend"]["paths"] == ["/v1", "/v1/*", "/admin", "/admin/*"]
    assert "`taskdef_overrides` was not read" in repository.said


def test_a_command_with_a_quote_that_does_not_end_is_left_to_the_image(repository: Repository) -> None:
    repository.write({**SERVER, "copilot/api/manifest.yml": f"{SERVICE}http: {{path: v1}}\ncommand: node 'a.js\n"})
    assert "command" not in repository.adopt()["backend"]
