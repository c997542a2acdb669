"""The environment that a deployment reads, on a laptop and in GitHub Actions alike."""

import os

import pytest

from conducky.environment import bypass_proxy_locally, forget_own_database, region, variable
from conducky.errors import UserError


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    """GitHub gives a secret that does not exist as an empty text."""
    monkeypatch.setenv("JWT_SECRET", blank)
    assert variable("JWT_SECRET") is None


def test_an_unset_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET", raising=False)
    assert variable("JWT_SECRET") is None


def test_a_pasted_line_break_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", " value\n")
    assert variable("JWT_SECRET") == "value"


@pytest.mark.parametrize("name", ["us-east-1", "eu-central-1", "ap-southeast-2", "il-central-1", "mx-central-1"])
def test_these_are_regions(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AWS_REGION", name)
    assert region() == name


@pytest.mark.parametrize(
    ("name", "partition"),
    [
        ("cn-north-1", "China"),
        ("cn-northwest-1", "China"),
        ("us-gov-west-1", "GovCloud"),
        ("us-gov-east-1", "GovCloud"),
        ("eusc-de-east-1", "European Sovereign Cloud"),
        ("us-iso-east-1", "isolated"),
        ("us-isob-east-1", "isolated"),
        ("eu-isoe-west-1", "isolated"),
    ],
)
def test_regions_of_other_partitions_are_refused_by_their_name(
    monkeypatch: pytest.MonkeyPatch, name: str, partition: str
) -> None:
    """Their ARNs begin with another word than `arn:aws`, and their addresses end in another domain."""
    monkeypatch.setenv("AWS_REGION", name)
    with pytest.raises(UserError, match=partition) as caught:
        region()
    assert f"`{name}`" in caught.value.problem
    assert "`export AWS_REGION=us-east-1`" in caught.value.fix


@pytest.mark.parametrize("name", [None, "", " "])
def test_a_missing_region_is_refused_with_the_command(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    if name is not None:
        monkeypatch.setenv("AWS_REGION", name)
    with pytest.raises(UserError) as caught:
        region()
    assert caught.value.problem == "AWS_REGION is not set"
    assert "`export AWS_REGION=us-east-1`" in caught.value.fix


@pytest.mark.parametrize("name", ["us-east-1a", "us-east", "US-EAST-1", "Frankfurt", "us east 1", "us-east-1\nx", "*"])
def test_these_are_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AWS_REGION", name)
    with pytest.raises(UserError, match="not a valid region") as caught:
        region()
    assert caught.value.fix == "run `export AWS_REGION=us-east-1`"
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_is_not_asked_for_this_computers_own_addresses(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setattr(
        os, "environ", {proxy: "http://proxy.test:3128", "no_proxy": "a.test, 127.0.0.1", "NO_PROXY": "b.test"}
    )
    bypass_proxy_locally()
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "a.test,127.0.0.1,b.test,localhost,::1"


def test_without_a_proxy_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"http_proxy": "", "no_proxy": "a.test"})
    bypass_proxy_locally()
    assert os.environ == {"http_proxy": "", "no_proxy": "a.test"}


def test_a_persons_own_database_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    own = ("PGHOST", "PGSERVICE", "PGOPTIONS", "PGSSLCERT", "PGCHANNELBINDING", "PGTARGETSESSIONATTRS")
    kept = {"PGTZ": "Asia/Tokyo", "PG_COLOR": "auto", "PATH": "/bin", "PGAPPNAME": "nightly"}
    monkeypatch.setattr(os, "environ", {**dict.fromkeys(own, "x"), **kept})
    forget_own_database()
    assert os.environ == kept
