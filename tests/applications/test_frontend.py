"""The frontend's own tests."""

import pytest

from tests.applications.npm import npm_test

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


def test_frontend() -> None:
    npm_test("frontend", {})
