"""The paragraph about cost in the comment on a pull request."""

from pathlib import Path

import pytest

from conducky.cost.pull_request import cost_of_merging
from conducky.repository import LAYERS, ROOT
from tests.git import git
from tools.tracked import tracked_files

pytestmark = pytest.mark.engine


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with these programs, committed."""
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    folders = {ROOT / each for each in (*LAYERS, "backend", "frontend")}
    for file in tracked_files():
        if folders.intersection(file.parents):
            copy = tmp_path / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    commit(tmp_path)
    return tmp_path


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "change")


def merge(root: Path, setting: str) -> None:
    """Merge a branch that sets one setting of services, as GitHub does for a pull request."""
    git(root, "switch", "--quiet", "--create", "branch")
    with (root / "services" / "Pulumi.dev.yaml").open("a") as file:
        file.write(f"  conducky-services:{setting}\n")
    commit(root)
    git(root, "switch", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--message", "merge", "branch")


def test_it_says_what_the_merge_costs_and_why(repository: Path) -> None:
    merge(repository, "backendCount: 2")
    first, *reasons = cost_of_merging("dev", repository).splitlines()
    assert "$55.24 a month" in first
    assert first.endswith(": +$5.81.")
    assert reasons == ["- +$5.81: backend: one more Spot task, one more public IPv4 address"]


def test_a_merge_that_changes_no_price_says_so(repository: Path) -> None:
    merge(repository, "logRetentionDays: 14")
    assert cost_of_merging("dev", repository).endswith("as before.")


def test_what_the_settings_refuse_is_told_and_fails_nothing(repository: Path) -> None:
    merge(repository, "backendCount: many")
    assert cost_of_merging("dev", repository).startswith("**cost**: not estimated: `backendCount`")


def test_a_base_that_cannot_be_evaluated_leaves_the_total(repository: Path) -> None:
    program = repository / "services" / "__main__.py"
    text = program.read_text()
    program.write_text("raise ValueError\n")
    commit(repository)
    git(repository, "switch", "--quiet", "--create", "fix")
    program.write_text(text)
    commit(repository)
    git(repository, "switch", "--quiet", "main")
    git(repository, "merge", "--quiet", "--no-ff", "--message", "merge", "fix")
    assert "$49.43 a month" in cost_of_merging("dev", repository)
