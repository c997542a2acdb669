"""Every page: it claims nothing that does not exist, is short enough to be read, and is found from the index."""

import re
from pathlib import Path

import pytest

from conducky.engine.version import MINIMUM_VERSION
from conducky.repository import ROOT, version
from tests.guardrails.page_claims import dead_links, pages_named_in_the_sources, problems

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")])
INDEX = ROOT / "docs" / "README.md"
MOST_WORDS = 1200
# Read by version, the newest first, not as a whole.
LISTS = {"CHANGELOG.md"}


def shown(page: Path) -> str:
    return str(page.relative_to(ROOT))


def by_hand(text: str) -> str:
    """A page without its generated parts."""
    return re.sub(r"<!-- begin generated.*?<!-- end generated -->", "", text, flags=re.DOTALL)


def linked(page: Path) -> set[Path]:
    found = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    return {(page.parent / target).resolve() for target in found}


def test_there_are_pages() -> None:
    assert len(PAGES) > 30


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_it_names_only_what_exists(page: Path) -> None:
    assert problems(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[x](docs/nothing.md)", "the link to docs/nothing.md leads nowhere: there is no docs/nothing.md"),
        ("[x](docs/pipeline.md#nothing)", "leads nowhere: the headings are set-it-up"),
        ('<img src="docs/nothing.png">', "there is no docs/nothing.png"),
        ("`conducky rehears`", "there is no command rehears; there are rehearse"),
        ("`conducky database drop`", "there is no command drop; there are"),
        ("```sh\nconducky logs backend --folow\n```", "No such option: --folow"),
        ("```sh\nconducky exec\n```", "Missing argument 'service'"),
        ("```sh\nconducky verify --limit soon\n```", "Invalid value for '--limit'"),
        ("`conducky status --stack production`", "there is no stack `production`"),
        ("run `make rehearsal`", "the Makefile has no target rehearsal"),
        ("`make test STACK=prod`", "make test does not use STACK"),
        ('```sh\nmake rehearse ARGS="--twice"\n```', "No such option: --twice"),
        ("`pulumi -C network preview`", "there is no layer network"),
        ("`pulumi -C services config set backendCuont 2`", "services has no setting backendCuont"),
        ("`pulumi -C services config set backendCount many`", "backendCount is 0 to 20"),
        ("```sh\npulumi -C platform config set https certificate --stack dev\n```", "needs `domain`"),
        ("the setting `backendCuont`", "there is no setting `backendCuont`"),
        ("`https: cloudfare`", "https is off, cloudfront, certificate, hosted-zone"),
        ("`deletionProtection: yes`", "deletionProtection is true or false"),
        ("set PULUMI_ACCES_TOKEN", "nothing reads a variable PULUMI_ACCES_TOKEN"),
        ("see `conducky/contract.py`", "there is no file conducky/contract.py"),
        ("see `deploys.yml`", "there is no file deploys.yml"),
        ("in `tests/proof/`", "there is no file tests/proof/"),
    ],
)
def test_a_claim_that_does_not_hold_is_found(text: str, problem: str) -> None:
    found = problems(ROOT / "README.md", text)
    assert len(found) >= 1, f"{text!r} passes"
    assert any(problem in each for each in found), found


@pytest.mark.parametrize(
    "text",
    [
        "[x](docs/pipeline.md#set-it-up) and [y](https://example.com/nothing)",
        "```sh\nconducky exec backend   # x\nmake deploy STACK=prod ARGS=--yes\nopenssl rand | gh secret set X\n```",
        '`conducky database`, `conducky exec`, `make credentials ARGS="rotate --github"`, `https: cloudfront`',
        "```sh\npulumi -C platform config set deletionProtection true --stack next\n```",
        "`services/prod`, `acme/conducky`, `linux/arm64`, `/api/*`, `backend/src/<name>.ts`, `Pulumi.<stack>.yaml`",
    ],
)
def test_what_exists_or_is_somebody_elses_passes(text: str) -> None:
    assert problems(ROOT / "README.md", text) == []


def test_every_page_that_a_program_or_a_workflow_names_exists() -> None:
    named = pages_named_in_the_sources()
    assert "docs/runbook.md#an-alarm-went-off" in named
    assert {target: files for target, files in named.items() if [*dead_links(ROOT / "x.md", f"]({target})")]} == {}


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in LISTS], ids=shown)
def test_it_can_be_read_in_one_go(page: Path) -> None:
    words = len(by_hand(page.read_text(encoding="utf-8")).split())
    assert words <= MOST_WORDS, f"{shown(page)} has {words} words: split it by the question that a reader has"


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_page_that_changes_a_stack_file_says_to_commit_it(page: Path) -> None:
    text = " ".join(page.read_text(encoding="utf-8").split())
    changes = re.search(r"pulumi -C \w+ config set (?!--secret)[^{`]+(`| --stack)", text)
    assert not changes or re.search(r"[Cc]ommit (it|the stack file)", text)


@pytest.mark.parametrize("page", [page for page in sorted(INDEX.parent.glob("*.md")) if page != INDEX], ids=shown)
def test_the_index_links_to_every_page(page: Path) -> None:
    assert page in linked(INDEX), f"add {page.name} to docs/README.md"


def test_the_readme_leads_to_the_index_and_to_what_people_ask_first() -> None:
    names = {"README.md", "first-deployment.md", "runbook.md", "your-applications.md", "cost.md", "comparison.md"}
    assert {INDEX.parent / name for name in names} <= linked(ROOT / "README.md")


def test_the_first_deployment_names_the_pulumi_that_is_needed() -> None:
    assert f" {MINIMUM_VERSION} or newer" in (INDEX.parent / "first-deployment.md").read_text(encoding="utf-8")


def test_the_newest_version_of_the_changelog_is_this_one() -> None:
    versions = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == version(), "write what is new into CHANGELOG.md, under the version of pyproject.toml"


def test_the_decisions_are_all_listed() -> None:
    decisions = INDEX.parent / "decisions"
    assert {*decisions.glob("*.md")} - {decisions / "README.md"} <= linked(decisions / "README.md")
