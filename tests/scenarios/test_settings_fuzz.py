"""Whatever stands in a stack file, the answer is one sentence or a deployment."""

import io
import re
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from conducky.errors import UserError
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.rehearsal import command
from conducky.rehearsal.rehearsal import Rehearsal
from tests.scenarios.repository import copy_of
from tests.scenarios.stack_files import StackFile, stack_files
from tests.summary import count


@pytest.fixture(scope="module")
def fuzzed(stand_ins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose stack files are written over."""
    return copy_of(stand_ins, tmp_path_factory.mktemp("fuzz") / "the repository")


@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["some", "all"])
def test_every_stack_file_is_refused_with_one_sentence_or_evaluates(
    fuzzed: Path, bootstrap: Evaluation, platform: Evaluation, *, everything: bool
) -> None:
    upstream = {"bootstrap": bootstrap.exports, "platform": platform.exports}
    problems: list[str] = []
    outcomes: Counter[str] = Counter()
    for stack_file in stack_files(everything=everything):
        count("fuzzed stack files")
        file = fuzzed / stack_file.layer / "Pulumi.dev.yaml"
        before = file.read_bytes()
        file.write_bytes(stack_file.content)
        try:
            evaluate(stack_file.layer, upstream=upstream, root=fuzzed)
            outcomes["evaluated"] += 1
        except UserError as error:
            outcomes["refused"] += 1
            problems += [f"{problem}: {error!r} for {stack_file}" for problem in wrong_with(error, stack_file)]
        except Exception as error:  # noqa: BLE001 # that is what must not be
            problems.append(f"{type(error).__name__}: {str(error)[:300]} for {str(stack_file)[:300]}")
        finally:
            file.write_bytes(before)  # A layer may read another one's settings
    assert problems == []
    assert sum(outcomes.values()) >= (1000 if everything else 90)
    assert min(outcomes["evaluated"], outcomes["refused"]) >= (90 if everything else 15), outcomes


def wrong_with(error: UserError, file: StackFile) -> list[str]:
    """What keeps its message from being one that helps."""
    message = str(error)
    found: list[str] = []
    if not message.isprintable():
        found.append("more than one line, or something that a terminal acts upon")
    if len(message) > 600:
        found.append("too long")
    if "Traceback" in message or re.search(r"\b(?:Error|Exception)\b", message):
        found.append("a program's words")
    if file.key and not re.search(rf"`{re.escape(file.key)}[`.]", message) and file.key != "projectName":
        found.append("the key is not named")
    if not error.fix:
        found.append("nothing to do about it")
    return found


@pytest.mark.engine
@pytest.mark.parametrize(
    ("layer", "text", "words"),
    [
        ("bootstrap", "config: {'conducky-bootstrap:imagesToKeep': [1, {a: 2}]}", "`imagesToKeep`"),
        ("bootstrap", "config: {'conducky-bootstrap:imagesTokeep': 10}", "`imagesTokeep`"),
        ("bootstrap", "config: {'conducky-bootstrap:projectName': 'Größe'}", "`projectName`"),
        ("bootstrap", "config: {'conducky-bootstrap:accountId': '999999999999'}", "`accountId`"),
        (
            "bootstrap",
            "config: {'conducky-platform:databaseBackupDays': null}",
            "`conducky-platform:databaseBackupDays`",
        ),
    ],
)
def test_the_engine_creates_nothing(
    stand_ins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layer: str, text: str, words: str
) -> None:
    count("engine scenarios")
    root = copy_of(stand_ins, tmp_path / "the repository")
    (root / layer / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    created: list[str] = []
    original = Rehearsal.close

    def close(self: Rehearsal) -> None:
        created.extend(token for token, found in self.account.resources.items() if found)
        original(self)

    monkeypatch.setattr(Rehearsal, "close", close)
    output = io.StringIO()
    options = command.Options("dev", 18900, once=True, json_file=None, root=root)
    try:
        assert command.rehearse(options, Console(file=output, width=2000)) == 1
        (said,) = (line for line in output.getvalue().splitlines() if line.startswith("✗"))
    except UserError as refused:  # Before anything begins; what only a program can see comes later
        said = str(refused)
    assert created == []
    assert words in said
    assert "\nTraceback" not in output.getvalue()
