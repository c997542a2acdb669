"""How the repository must lie so that three programs, one environment and the tests get along."""

import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from conducky.engine.version import MINIMUM_VERSION
from conducky.repository import LAYERS, ROOT, read_stack_file
from conducky.settings.schema import ALL_SETTINGS

STACK_FILES = [file for layer in LAYERS for file in sorted((ROOT / layer).glob("Pulumi.*.yaml"))]
STACKS = sorted({file.name.split(".")[1] for file in STACK_FILES})
MODULES = [file for layer in LAYERS for file in sorted((ROOT / layer).glob("*.py")) if file.stem != "__main__"]


@pytest.mark.parametrize("folder", [*LAYERS, *(f"tests/{layer}" for layer in LAYERS)])
def test_no_layer_is_a_package(folder: str) -> None:
    """platform/__init__.py would shadow the standard library's `platform`, and imports break in surprising places."""
    assert not (ROOT / folder / "__init__.py").exists(), f"remove {folder}/__init__.py"


def test_a_modules_name_is_used_once_in_all_layers() -> None:
    """Two of the same name collide when one process loads both programs, as the rehearsal does."""
    places: dict[str, list[str]] = {}
    for file in MODULES:
        places.setdefault(file.stem, []).append(file.parent.name)
    twice = {name: layers for name, layers in places.items() if len(layers) > 1}
    assert twice == {}


def test_no_module_hides_another() -> None:
    standard = [file.name for file in MODULES if file.stem in sys.stdlib_module_names]
    assert standard == [], f"{standard} would hide modules of the standard library"
    packages = Path(sysconfig.get_path("purelib"))
    installed = [file.name for file in MODULES if (packages / file.stem).exists() or (packages / file.name).exists()]
    assert installed == [], f"{installed} would hide installed packages"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_project_is_named_for_its_layer_and_uses_uv(layer: str) -> None:
    project: dict[str, Any] = yaml.safe_load((ROOT / layer / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["name"] == f"conducky-{layer}", "StackReferences and settings count on it"
    assert project["runtime"] == {"name": "python", "options": {"toolchain": "uv"}}
    assert project["description"]
    assert project["requiredPulumiVersion"] == f">={MINIMUM_VERSION}", "an older one fails in ways that name no cause"
    assert "config" not in project, "settings are declared once, in conducky/settings/"


@pytest.mark.parametrize("layer", LAYERS)
def test_all_layers_share_one_environment(layer: str) -> None:
    """A pyproject inside a layer would be synced instead of the root's."""
    own = [
        name for name in ("pyproject.toml", "uv.lock", "requirements.txt", ".venv") if (ROOT / layer / name).exists()
    ]
    assert own == [], f"remove {own} from {layer}: dependencies belong in the root's pyproject.toml"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_program_reads_in_one_go(layer: str) -> None:
    lines = len((ROOT / layer / "__main__.py").read_text(encoding="utf-8").splitlines())
    assert lines <= 80, f"{layer}/__main__.py has {lines} lines: move what it makes into a component"


@pytest.mark.parametrize("file", MODULES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_module_says_what_it_is(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith('"""'), f"{file.parent.name}/{file.name} has no docstring"


def test_the_default_stack_is_there() -> None:
    assert "dev" in STACKS


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_the_region_is_in_no_stack_file(file: Path) -> None:
    """It would silently win over AWS_REGION."""
    assert "aws:region" not in read_stack_file(file)


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_a_stack_file_holds_settings_of_its_own_layer(file: Path) -> None:
    layer = file.parent.name
    known = next(settings for settings in ALL_SETTINGS if settings.layer == layer).model_json_schema()["properties"]
    foreign = [
        key
        for key in read_stack_file(file)
        if key.startswith("conducky-") and key.removeprefix(f"conducky-{layer}:") not in known
    ]
    assert foreign == []


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_a_stack_file_says_where_its_settings_are_explained(file: Path) -> None:
    assert "docs/configuration.md" in file.read_text(encoding="utf-8").splitlines()[0]
