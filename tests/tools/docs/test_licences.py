"""docs/licences.md names everything in the lock files, and everything that our own files fetch besides."""

import json
import re
import shutil
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conducky.errors import UserError
from conducky.repository import ROOT
from tools.docs import licences
from tools.docs.licences import (
    PAGE,
    TABLE,
    is_permissive,
    licence_parts,
    npm_licences,
    python_licences,
    write_licences_page,
)
from tools.tracked import tracked_files

OTHERS: list[dict[str, Any]] = tomllib.loads(TABLE.read_text("utf-8"))["others"]
NAMED = [name for other in OTHERS for name in other["names"]]


def test_the_page_is_current(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / PAGE, tmp_path / PAGE)
    parts = licence_parts()
    new = licences.write_generated_parts(tmp_path, PAGE, parts)
    assert new.read_text("utf-8") == (ROOT / PAGE).read_text("utf-8"), "run `make docs`"


def test_every_package_of_both_kinds_of_lock_file_has_a_licence() -> None:
    locked = {each["name"] for each in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]}
    command, tools = python_licences()
    assert {*command, *tools} == locked - {"conducky"}
    assert not command.keys() & tools.keys()
    assert {"pulumi", "grpcio", "psycopg-binary"} <= command.keys(), "also what packages and extras depend on"
    assert {"pytest", "ruff"} <= tools.keys()
    shipped, others = npm_licences()
    assert {"express", "next", "@prisma/client"} <= shipped.keys()
    assert {"eslint", "typescript", "autocannon"} <= {*shipped, *others}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The lock files only."""
    for file in [ROOT / "uv.lock", *ROOT.glob("*/package-lock.json")]:
        (tmp_path / file.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        shutil.copy(file, tmp_path / file.relative_to(ROOT))
    return tmp_path


def test_a_new_python_package_and_one_that_is_gone_are_named(repository: Path) -> None:
    lock = repository / "uv.lock"
    lock.write_text(lock.read_text("utf-8").replace('name = "yarl"\nversion', 'name = "newcomer"\nversion'), "utf-8")
    with pytest.raises(UserError) as caught:
        write_licences_page(repository)
    assert "newcomer" in caught.value.problem
    assert "licences.toml" in caught.value.problem
    lock.write_text(lock.read_text("utf-8").replace('[[package]]\nname = "newcomer"', '[[gone]]\nname = "x"'), "utf-8")
    with pytest.raises(UserError, match=r"yarl, which is not in uv\.lock"):
        python_licences(repository)


def test_an_npm_package_without_a_licence_is_named(repository: Path) -> None:
    file = repository / "backend" / "package-lock.json"
    lock = json.loads(file.read_text("utf-8"))
    del lock["packages"]["node_modules/express"]["license"]
    file.write_text(json.dumps(lock), encoding="utf-8")
    with pytest.raises(UserError, match=r"backend/package-lock\.json names no licence for express"):
        npm_licences(repository)


def test_everything_else_that_our_files_fetch_is_listed() -> None:
    text = "".join(file.read_text("utf-8") for file in (ROOT / ".github").rglob("*.yml"))
    fetched = set(re.findall(r"uses: (?!\./)([\w-]+/[\w-]+)@", text)) | set(re.findall(r"image=([\w/]+):", text))
    for file in ROOT.glob("*/Dockerfile"):
        content = file.read_text("utf-8")
        stages = set(re.findall(r"^FROM \S+ AS (\w+)", content, re.MULTILINE))
        fetched |= set(re.findall(r"^FROM ([\w./-]+)", content, re.MULTILINE)) - stages
    for file in ROOT.glob("tools/*/go.mod"):
        fetched |= set(re.findall(r"^tool (\S+)", file.read_text("utf-8"), re.MULTILINE))
    assert fetched - {*NAMED} == set(), "add it to [[others]] in tools/docs/licences.toml"


@cache
def _texts() -> tuple[str, ...]:
    """Of each file that may name what is fetched."""
    aside = {ROOT / "docs", ROOT / "tools" / "docs", ROOT / "tests"}
    return tuple(
        file.read_text("utf-8", errors="replace") for file in tracked_files() if not aside.intersection(file.parents)
    )


@pytest.mark.parametrize("name", NAMED)
def test_nothing_is_listed_that_our_files_do_not_name(name: str) -> None:
    assert any(name in text for text in _texts()), f"remove {name} from tools/docs/licences.toml"


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("MIT", True),
        ("MIT AND Zlib", True),
        ("GPL-3.0-only OR MIT", True),
        ("LGPL-3.0-only", False),
        ("Apache-2.0 AND LGPL-3.0-or-later", False),
        ("CC-BY-4.0", False),
    ],
)
def test_licences_that_ask_for_more_are_told_apart(licence: str, *, permissive: bool) -> None:
    assert is_permissive(licence) == permissive
