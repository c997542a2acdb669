"""The applications' secrets: found by settings alone, and known everywhere."""

from pathlib import Path

import pytest
import yaml

from conducky.environment import APPLICATION_SECRETS
from conducky.errors import UserError
from conducky.evaluation.evaluate import evaluate
from conducky.github.redaction import redact
from conducky.operations.doctor.settings import secrets as doctors_findings
from conducky.pipeline.requirements import missing_for, require
from conducky.rehearsal.rehearsal import program_environment
from conducky.repository import LAYERS, ROOT
from conducky.secret_values import all_secrets, problem_with, secret_names, secrets_of
from tests.fakes.runner import SECRETS, VARIABLES
from tests.services.container_definitions import environment, secrets
from tools.docs.configuration import deploy_variables
from tools.workflows.named_secrets import FILES, write_workflows, written_workflows

NAMED = "SMTP_PASSWORD"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A repository in which one list names a variable and a secret, and nothing else is changed."""
    for layer in LAYERS:
        for file in (*(ROOT / layer).glob("*.py"), *(ROOT / layer).glob("*.yaml")):
            (tmp_path / layer).mkdir(exist_ok=True)
            (tmp_path / layer / file.name).write_bytes(file.read_bytes())
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    for name in ("backend", "frontend"):
        (tmp_path / name).symlink_to(ROOT / name)
    stack = tmp_path / "services" / "Pulumi.dev.yaml"
    content = yaml.safe_load(stack.read_text())
    content["config"]["conducky-services:backend"] = {
        "variables": {"SMTP_HOST": "mail.example.com"},
        "secrets": [*APPLICATION_SECRETS, NAMED],
    }
    stack.write_text(yaml.safe_dump(content))
    return tmp_path


def test_a_variable_and_a_secret_are_added_by_settings_alone(changed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (SECRETS | VARIABLES).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(NAMED, raising=False)
    made = evaluate("services", root=changed)
    assert environment(made, "backend")["SMTP_HOST"] == "mail.example.com"
    assert secrets(made, "backend")[NAMED] == made.one("aws:ssm/parameter:Parameter", f"backend-{NAMED}").outputs["arn"]
    assert "value" in made.one("aws:ssm/parameter:Parameter", f"backend-{NAMED}").secret_inputs
    assert program_environment("dev", changed)[NAMED], "a rehearsal makes up a value"

    (missing,) = [each for each in missing_for("dev", root=changed) if each.name == NAMED]
    assert missing.command("dev") == f"`gh secret set {NAMED} --env dev`"
    monkeypatch.setenv(NAMED, "x" * 4097)
    with pytest.raises(UserError, match=f"run `gh secret set {NAMED} --env dev`") as caught:
        require("dev", changed)
    assert "xxx" not in str(caught.value)

    assert [file.relative_to(changed).as_posix() for file in write_workflows(changed)] == [*FILES]
    assert write_workflows(changed) == []
    text = "".join((changed / file).read_text() for file in FILES)
    assert text.count(f"{NAMED}: ${{{{ secrets.{NAMED} }}}}") == len(("check", "preview", "drift"))
    assert f"smtp-password: ${{{{ secrets.{NAMED} }}}}" in text
    assert f"{NAMED}: ${{{{ inputs.smtp-password }}}}" in text
    assert "toJSON(secrets)" not in text.replace(" ", "")


def test_its_value_is_masked_and_looked_for(changed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMED, "correct horse battery")
    for module in ("conducky.github.redaction", "tools.docs.configuration"):
        monkeypatch.setattr(f"{module}.all_secrets", lambda: all_secrets(changed))
    assert redact("it said correct horse battery") == "it said ***"
    assert f"| `{NAMED}` | yes | secret | A secret of the backend. |" in deploy_variables()
    found = secrets_of("dev", changed)

    def names(_config: object) -> dict[str, tuple[str, ...]]:
        return found

    monkeypatch.setattr("conducky.operations.doctor.settings.secret_names", names)
    monkeypatch.delenv(NAMED)
    (finding,) = [each for each in doctors_findings("dev") if NAMED in each.text]
    assert (finding.level, f"`export {NAMED}=…`" in finding.fix) == ("wrong", True)


def test_the_workflows_are_current() -> None:
    stale = [file.name for file, text in written_workflows().items() if file.read_text("utf-8") != text]
    assert stale == [], "run `make workflows`"


def test_a_workflow_without_its_marks_is_refused(changed: Path) -> None:
    (changed / FILES[1]).write_text("name: Stack\n")
    with pytest.raises(UserError, match=r"stack\.yml lacks the lines"):
        write_workflows(changed)


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"secrets": 5}', '{"port": 1}', "null"])
def test_a_list_that_cannot_be_read_counts_as_the_samples(text: str | None) -> None:
    """Its error is reported where settings are checked, and not by what masks logs."""
    assert [*secret_names({"conducky-services:backend": text})] == [*APPLICATION_SECRETS]


def test_a_list_of_ones_own_replaces_the_samples() -> None:
    config = {
        "conducky-services:backend": '{"secrets": ["A"]}',
        "conducky-services:frontend": '{"secrets": ["A", "B"]}',
    }
    assert secret_names(config) == {"A": ("backend", "frontend"), "B": ("frontend",)}


def test_the_samples_stacks_need_the_samples_secrets() -> None:
    assert [*secrets_of("dev")] == [*all_secrets()] == [*APPLICATION_SECRETS]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("API_KEY", "x", None),
        ("API_KEY", "x" * 4096, None),
        ("API_KEY", "é" * 2049, "4098 bytes"),
        ("API_KEY", "a{{b", "contains `{{`"),
        ("JWT_SECRET", "x" * 31, "31 characters and must have at least 32"),
        ("JWT_SECRET", "x" * 32, None),
    ],
)
def test_what_a_value_must_be_like(name: str, value: str, problem: str | None) -> None:
    found = problem_with(name, value)
    assert (found is None) if problem is None else (found is not None and problem in found)
