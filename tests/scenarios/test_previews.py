"""What a preview asks of the cloud: the programs' look-ups and no resource; GitHub's role for it needs no more."""

import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import CommandResult

from conducky.deployment.pulumi_cli import WITHOUT_REFRESH
from conducky.rehearsal.provider import Provider
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.rehearsal.stacks.inline_program import InlineProgram
from tests.iam.calls import LOOKUPS
from tests.scenarios.deployment import rehearsed, up

pytestmark = pytest.mark.engine

PARAMETER = "aws:ssm/parameter:Parameter"


ASKED: dict[str, list[str]] = {"Read": [], "Invoke": []}  # of the provider, by kind of call: types and look-ups


@pytest.fixture(scope="module")
def deployed(stand_ins: Path, images: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsal]:
    root = shutil.copytree(stand_ins, tmp_path_factory.mktemp("previews") / "repository")
    with pytest.MonkeyPatch.context() as patch:
        for kind, seen in ASKED.items():  # before the provider is served
            patch.setattr(Provider, kind, _noting(getattr(Provider, kind), seen))
        with rehearsed(root, "dev", images) as rehearsal:
            up(rehearsal)
            yield rehearsal


def _noting(original: Callable[..., object], seen: list[str]) -> Callable[..., object]:
    def noted(self: Provider, request: Any, context: object) -> object:  # noqa: ANN401
        seen.append(getattr(request, "type", "") or request.tok)
        return original(self, request, context)

    return noted


def preview(rehearsal: Rehearsal, layer: str, *, refresh: bool) -> None:
    for seen in ASKED.values():
        seen.clear()
    stack = rehearsal.layer(layer)._stack  # pyright: ignore[reportPrivateUsage] # nobody else previews here
    program = InlineProgram(layer, rehearsal.account.root)
    run = rehearsal.engine.run
    options = ["--refresh"] if refresh else [WITHOUT_REFRESH]  # as every preview of ours says

    def run_with(arguments: list[str], *more: Any, **named: Any) -> CommandResult:  # noqa: ANN401
        return run([*arguments, *options], *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rehearsal.engine, "run", run_with)
        try:
            stack.preview(program=program)
        finally:
            program.end()


@pytest.mark.parametrize("layer", ["platform", "services"])
def test_a_preview_reads_no_resource(deployed: Rehearsal, layer: str) -> None:
    preview(deployed, layer, refresh=False)
    assert ASKED["Read"] == []
    assert set(ASKED["Invoke"]) - set(LOOKUPS) == set(), "say in LOOKUPS of tests/iam/calls.py what they call"
    assert ASKED["Invoke"] != []


def test_with_refresh_it_would_read_the_secrets(deployed: Rehearsal) -> None:
    """Were reads not noted, the test above would prove nothing."""
    preview(deployed, "services", refresh=True)
    assert PARAMETER in ASKED["Read"]
