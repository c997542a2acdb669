"""The fake runner for every test here."""

from tests.fakes.runner import aws, github, pull_request, pulumi, runner

__all__ = ["aws", "github", "pull_request", "pulumi", "runner"]
