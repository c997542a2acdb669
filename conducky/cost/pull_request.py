"""What merging a pull request would do to the bill: the estimate of the merged state against that of its base."""

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from conducky.cost.difference import differences, signed
from conducky.cost.estimate import estimate
from conducky.cost.report import in_one_line
from conducky.errors import UserError
from conducky.repository import ROOT


def cost_of_merging(stack: str, root: Path = ROOT) -> str:
    """A paragraph of Markdown; what cannot be estimated is told there, and nothing fails for it."""
    try:
        merged = estimate(stack, root=root)
    except UserError as error:
        return f"**cost**: not estimated: {error}"
    before = _base(stack, root)
    if before is None:
        return f"**cost**: {in_one_line(merged)}."
    found = differences(before, merged.as_json())
    change = signed(merged.as_json()["total_usd_month"] - before["total_usd_month"]) if found else "as before"
    return "\n".join([f"**cost**: {in_one_line(merged)}: {change}.", *(f"- {each.in_words()}" for each in found)])


def _base(stack: str, root: Path) -> "dict[str, object] | None":
    """The estimate of the first parent of a merge, which GitHub checks out for a pull request; None without one."""
    git = ["git", "-C", str(root)]
    merge = subprocess.run([*git, "rev-parse", "--verify", "--quiet", "HEAD^2"], capture_output=True, check=False)
    archive = subprocess.run([*git, "archive", "HEAD^1"], capture_output=True, check=False)
    if merge.returncode or archive.returncode:
        return None
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        try:
            return estimate(stack, root=Path(folder)).as_json()
        except Exception:  # noqa: BLE001  # older programs may not fit this package, and then there is no comparison
            return None
