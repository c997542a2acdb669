"""What scripts read: JSON on standard output and nothing else, of one form everywhere."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from conducky.repository import ROOT
from tests.conducky.operations.conftest import Run, api, deployed, pulumi, run
from tests.fakes.aws_api import AwsApi

__all__ = ["api", "pulumi", "run"]


def names(value: Any) -> Iterator[str]:  # noqa: ANN401
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():  # pyright: ignore[reportUnknownVariableType]
        yield from names(each)
    if isinstance(value, dict):
        yield from value


@pytest.mark.parametrize(
    ("words", "kind"),
    [(("status",), dict), (("cost",), dict), (("doctor", "--no-github"), list), (("database", "backups"), list)],
    ids=lambda each: " ".join(map(str, each)) if isinstance(each, tuple) else "",  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
)
@pytest.mark.usefixtures("pulumi")
def test_one_document_with_names_in_snake_case(run: Run, api: AwsApi, words: tuple[str, ...], kind: type) -> None:
    deployed(api)
    api.answer("rds.DescribeDBSnapshots", {"DBSnapshots": []})
    api.answer("ecr.DescribeImages", {"imageDetails": []})
    document = json.loads(run(*words, "--json").out)
    assert isinstance(document, kind)
    assert [name for name in names(document) if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


def test_adopt_says_by_stack_what_it_would_write(run: Run) -> None:
    before = (ROOT / "services" / "Pulumi.dev.yaml").read_text()
    ran = run("adopt", str(ROOT / "backend"), str(ROOT / "frontend"), "--dry-run", "--json")
    dev, prod = json.loads(ran.out)
    assert (dev["stack"], prod["file"]) == ("dev", "services/Pulumi.prod.yaml")
    assert set(dev["settings"]) >= {"frontend", "backend"}
    assert "EXPOSE" in ran.err, "what is for people"
    assert (ROOT / "services" / "Pulumi.dev.yaml").read_text() == before


@pytest.mark.usefixtures("pulumi")
def test_what_fails_prints_no_half_a_document(run: Run, api: AwsApi) -> None:
    api.refuse("sts.GetCallerIdentity", "ExpiredToken")
    for words in (("status",), ("releases",), ("database", "backups"), ("verify",), ("logs",)):
        ran = run(*words, "--json")
        assert (ran.code, ran.out) == (1, "")
        assert "expired" in ran.err


@pytest.mark.usefixtures("pulumi", "api")
def test_what_never_ends_is_no_document(run: Run) -> None:
    ran = run("status", "--watch", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "--watch" in ran.err
