"""An account that does not know GitHub: the real engine creates nothing, and one sentence says what an admin runs."""

import shutil
from pathlib import Path

import pytest

from conducky.catalog import lookups
from conducky.catalog.property_bag import Properties
from conducky.naming import Place
from tests.scenarios.deployment import refused, rehearsed

pytestmark = pytest.mark.engine


def test_bootstrap_without_it_creates_nothing(
    stand_ins: Path, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = lookups.answer

    def answer(token: str, arguments: Properties, place: Place) -> Properties | None:
        return None if "OpenIdConnect" in token else original(token, arguments, place)

    monkeypatch.setattr(lookups, "answer", answer)
    root = shutil.copytree(stand_ins, tmp_path / "repository")
    with rehearsed(root, "dev", images) as rehearsal:
        rehearsal.layer("bootstrap").set_config("githubRepository", "acme/conducky")
        said = refused(rehearsal, "bootstrap")
        assert "run `aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com" in said
        assert [token for token, found in rehearsal.account.resources.items() if found] == []
