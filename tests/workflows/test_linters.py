"""The linters of workflows are part of `make lint`, do run, and find what they are there for."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from conducky.repository import ROOT
from tests.makefile import dry_run
from tests.workflows.workflow_files import WORKFLOWS

pytestmark = pytest.mark.engine

BIN = ROOT / ".venv" / "bin"
BAD = """name: Bad
on: pull_request_target
jobs:
  bad:
    runs-on: ubuntu-lates
    steps:
      - uses: actions/checkout@v4
      - run: echo ${{ github.event.pull_request.title }}
"""


def run(*command: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module", autouse=True)
def actionlint() -> None:
    result = run("tools/actionlint/build")
    assert result.returncode == 0, result.stderr


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    folder = tmp_path / "bad"
    shutil.copytree(ROOT / ".github", folder / ".github")
    (folder / ".github" / "workflows" / "bad.yml").write_text(BAD)
    run("git", "init", "--quiet", folder)
    return folder


def test_both_are_in_make_lint_and_before_a_commit() -> None:
    lint = dry_run("lint", check=True).stdout
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    for tool in ("actionlint", "zizmor"):
        assert re.search(rf"^\.venv/bin/{tool} ", lint, re.MULTILINE)
        (hook,) = [hook for hook in hooks if hook["id"] == tool]
        entry = re.escape(hook["entry"])
        assert re.search(rf"^{entry}( \.github/\S+)*$", lint, re.MULTILINE), f"{tool} runs otherwise before a commit"
    assert "tools/actionlint/build" in lint


def test_actionlint_sees_every_workflow() -> None:
    (line,) = re.findall(r"^\.venv/bin/actionlint .+$", dry_run("lint", check=True).stdout, re.MULTILINE)
    program, *words = shlex.split(line)
    result = run(program, "-verbose", *words)
    assert result.returncode == 0, result.stdout
    assert f"Found 0 errors in {len(WORKFLOWS)} files" in result.stderr


def test_actionlint_finds_what_is_wrong(bad: Path) -> None:
    result = run(BIN / "actionlint", folder=bad)
    assert result.returncode == 1
    assert 'label "ubuntu-lates" is unknown' in result.stdout
    assert "potentially untrusted" in result.stdout


def test_zizmor_finds_nothing() -> None:
    result = run(BIN / "zizmor", "--quiet", "--offline", "--persona", "pedantic", ".github")
    assert result.returncode == 0, result.stdout


def test_zizmor_finds_what_is_wrong_in_spite_of_the_exceptions(bad: Path) -> None:
    result = run(BIN / "zizmor", "--quiet", "--offline", "--persona", "pedantic", ".github", folder=bad)
    assert result.returncode != 0
    for audit in ("dangerous-triggers", "template-injection", "unpinned-uses", "excessive-permissions", "artipacked"):
        assert f"[{audit}]" in result.stdout
