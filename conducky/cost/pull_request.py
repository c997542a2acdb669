"""What merging a pull request would do to the bill: the estimate of the merged state against that of its base."""

from pathlib import Path

from conducky.cost.difference import differences, signed
from conducky.cost.estimate import estimate
from conducky.cost.report import in_one_line
from conducky.errors import UserError
from conducky.evaluation.base import base_of_merge
from conducky.repository import ROOT


def cost_of_merging(stack: str, root: Path = ROOT) -> str:
    """A paragraph of Markdown; it says what cannot be estimated, which never fails the job."""
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
    """The estimate of the base; None without one."""
    with base_of_merge(root) as folder:
        try:
            return None if folder is None else estimate(stack, root=folder).as_json()
        except Exception:  # noqa: BLE001  # older programs may not fit this package, and then there is no comparison
            return None
