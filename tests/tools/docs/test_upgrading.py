"""docs/upgrading.md says which outputs of the contracts are new or gone since there were none to upgrade from."""

import re

import pytest

from conducky.repository import ROOT
from tools.docs.architecture import CONTRACTS

PAGE = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
BEFORE = {
    "bootstrap": """
        name_prefix frontend_repository_url frontend_repository_arn backend_repository_url backend_repository_arn
        boundary_arn deployer_arn deploy_role_arn preview_role_arn""",
    "platform": """
        name_prefix vpc_id subnet_ids frontend_port frontend_security_group_id frontend_listener_arn frontend_url
        backend_port backend_security_group_id backend_listener_arn backend_url database_url_parameter_arn
        database_url_parameter_version""",
    "services": """
        name_prefix cluster_name frontend_service_name frontend_task_definition_arn frontend_image
        frontend_log_group frontend_url backend_service_name backend_task_definition_arn backend_image backend_log_group
        backend_url""",
}


def listed(layer: str) -> tuple[set[str], set[str]]:
    """The outputs that the page's tables, one for each version, name as new and as gone."""
    rows = re.findall(rf"^\| {layer} \| ([^|]*`[^|]+) \| ([^|]*) \|$", PAGE, re.MULTILINE)
    new, gone = (set(re.findall(r"`(\w+)`", " ".join(cells))) for cells in zip(*rows, strict=True))
    return new, gone


@pytest.mark.parametrize("layer", CONTRACTS)
def test_every_output_that_is_new_or_gone_is_named(layer: str) -> None:
    now, before = set(CONTRACTS[layer].model_fields), set(BEFORE[layer].split())
    new, gone = listed(layer)
    added = {name for name in now - before if not name.startswith("worker_")}
    assert added <= new, "name it in docs/upgrading.md, with the layer to deploy again"
    assert before - now <= gone, "say in docs/upgrading.md that it is gone, and what replaces it"
    assert new <= now
    assert "worker_" in PAGE
