"""The six applications in real containers."""

import pytest

from conducky.rehearsal.containers import Runtime
from tests.applications.kinds import (
    root,
    test_a_backend_without_a_database,
    test_a_monorepo_with_one_context_and_two_dockerfiles,
    test_next_js_standalone_and_express_with_pnpm_and_tini,
    test_one_that_builds_at_start_for_90_seconds,
    test_prisma_6_with_its_own_seed_in_the_entry_point,
)

__all__ = [
    "root",
    "test_a_backend_without_a_database",
    "test_a_monorepo_with_one_context_and_two_dockerfiles",
    "test_next_js_standalone_and_express_with_pnpm_and_tini",
    "test_one_that_builds_at_start_for_90_seconds",
    "test_prisma_6_with_its_own_seed_in_the_entry_point",
]

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.usefixtures("container_engine"),
]


@pytest.fixture
def runtime() -> Runtime:
    return "containers"
