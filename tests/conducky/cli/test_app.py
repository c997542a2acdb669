"""The command as a whole: quick to start, and complete."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from conducky.cli.app import app

HEAVY = ("pulumi", "boto3", "grpc", "pydantic", "httpx", "docker", "conducky.rehearsal", "conducky.settings")


def test_help_imports_nothing_heavy() -> None:
    """Each of these takes a part of a second, and only some commands need them."""
    script = (
        "import sys; from typer.testing import CliRunner; from conducky.cli.app import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_what_looks_at_aws_imports_nothing_of_a_program_or_a_rehearsal() -> None:
    """`conducky status` answers in two seconds; pulumi alone would take half of them."""
    script = (
        "import sys; from conducky.operations import rehearsed, status_aws, status_view; "
        "print([name for name in ('pulumi', 'grpc', 'httpx', 'yaml', 'psutil', 'conducky.settings') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "command",
    ["rehearse", "engine", "preview", "deploy", "verify", "destroy", "credentials", "pipeline"],
)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert command in CliRunner().invoke(app, ["--help"]).output


def test_an_option_that_does_not_exist_is_exit_code_2() -> None:
    assert CliRunner().invoke(app, ["rehearse", "--sotck", "dev"]).exit_code == 2
