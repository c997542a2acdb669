"""The variable STACKS: what it may be, and the matrix that comes of it."""

import json
import shutil
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.pipeline.stacks import RUNNERS, as_matrix, names_of, pipeline_stacks
from conducky.repository import LAYERS, ROOT
from conducky.settings.services import ServicesSettings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The stack files alone, to be changed."""
    for layer in LAYERS:
        (tmp_path / layer).mkdir()
        for file in (ROOT / layer).glob("Pulumi.*.yaml"):
            shutil.copy(file, tmp_path / layer)
    return tmp_path


def set_architecture(root: Path, stack: str, value: str) -> None:
    with (root / "services" / f"Pulumi.{stack}.yaml").open("a") as file:
        file.write(f"  conducky-services:architecture: {value}\n")


def test_without_the_variable_it_is_dev() -> None:
    assert [*pipeline_stacks(None)] == ["dev"]


def test_the_order_is_the_variables() -> None:
    assert [*pipeline_stacks('["prod", "dev"]')] == ["prod", "dev"]


def test_one_can_be_chosen() -> None:
    assert [*pipeline_stacks('["dev", "prod"]', "prod")] == ["prod"]


def test_the_runner_has_the_stacks_processor(root: Path) -> None:
    set_architecture(root, "prod", "x86_64")
    assert pipeline_stacks('["dev", "prod"]', root=root) == {
        "dev": "ubuntu-24.04-arm",
        "prod": "ubuntu-24.04",
    }


def test_there_is_a_runner_for_each_architecture() -> None:
    schema = ServicesSettings.model_json_schema()["properties"]["architecture"]
    assert set(RUNNERS) == set(schema["enum"])


def test_another_architecture_is_refused_with_the_command(root: Path) -> None:
    set_architecture(root, "dev", "riscv")
    with pytest.raises(UserError) as caught:
        pipeline_stacks(None, root=root)
    assert "`architecture` is `riscv`" in caught.value.problem
    assert "`arm64` or `x86_64`" in caught.value.problem
    assert caught.value.fix == "run `pulumi -C services config set architecture arm64 --stack dev`"


@pytest.mark.parametrize("text", ["dev", '"dev"', "[]", '["dev", "dev"]', "[1]", '{"stack": "dev"}', "[dev]"])
def test_what_is_no_list_of_stacks_is_one_sentence(text: str) -> None:
    with pytest.raises(
        UserError, match=r"the variable STACKS is .* and must be a JSON list of different stacks: run `gh"
    ):
        pipeline_stacks(text)


@pytest.mark.parametrize("name", ["Prod", "a-b", "$(id)", "dev; id", '"', "../dev", ""])
def test_a_name_that_a_shell_could_read_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="a stack's name is lower-case letters and digits"):
        pipeline_stacks(json.dumps([name]))


def test_a_stack_without_settings_is_refused() -> None:
    with pytest.raises(UserError, match=r"there is no stack `staging`: no layer has a Pulumi\.staging\.yaml"):
        pipeline_stacks('["dev", "staging"]')


def test_a_stack_that_is_not_listed_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"`prod` is not among the stacks of this pipeline \(dev\): run `gh variable set"
    ):
        pipeline_stacks(None, "prod")


def test_the_matrix_has_an_entry_for_each_stack() -> None:
    assert json.loads(as_matrix(pipeline_stacks('["dev", "prod"]'))) == {
        "include": [
            {"stack": "dev", "runner": "ubuntu-24.04-arm"},
            {"stack": "prod", "runner": "ubuntu-24.04-arm"},
        ]
    }


def test_names_are_those_of_the_settings(root: Path) -> None:
    assert names_of("dev", root).of("backend") == "conducky-dev-backend"
    with (root / "services" / "Pulumi.dev.yaml").open("a") as file:
        file.write("  conducky-services:projectName: other\n")
    assert names_of("dev", root).of("backend") == "other-dev-backend"
