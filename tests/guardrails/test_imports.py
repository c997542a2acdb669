"""Which package may import which: the contracts of import-linter in pyproject.toml, and that they would notice."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conducky.repository import ROOT

pytestmark = pytest.mark.engine

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", LINT_IMPORTS, "--no-cache", "--no-logo"],
        cwd=root,
        env={"PYTHONPATH": str(root), "COLUMNS": "400", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_packages_import_downwards_and_only_cli_imports_typer() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("file", "line", "named"),
    [
        (
            "github/redaction.py",
            "from tools.docs import configuration",
            "conducky.github.redaction -> tools",
        ),
        ("engine/version.py", "import typer", "conducky.engine.version -> typer"),
        (
            "rehearsal/postgres/server.py",
            "from conducky.rehearsal.ecs import service",
            "conducky.rehearsal.postgres.server -> conducky.rehearsal.ecs",
        ),
        ("status/__init__.py", "", "- conducky.status"),
    ],
)
def test_an_import_that_is_not_allowed_is_noticed(tmp_path: Path, file: str, line: str, named: str) -> None:
    shutil.copytree(ROOT / "conducky", tmp_path / "conducky", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    changed = tmp_path / "conducky" / file
    changed.parent.mkdir(exist_ok=True)
    with changed.open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode != 0
    assert named in result.stdout
