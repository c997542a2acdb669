"""`conducky rehearse` says what would fail in the deployment before it begins; `conducky develop` does not."""

import pytest
from rich.console import Console

from tests.conducky.operations.conftest import Run, run

__all__ = ["run"]


@pytest.mark.parametrize(("command", "is_said"), [("rehearse", True), ("develop", False)])
def test_what_would_fail_in_the_deployment_is_said_first(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str, *, is_said: bool
) -> None:
    def begin(_: object, console: Console) -> int:
        console.print("begun")
        return 0

    def problems(*_: object) -> list[str]:
        return ["shop/start.sh:2 waits with `nc` for `db`"]

    monkeypatch.setattr("conducky.adoption.problems_in", problems)
    monkeypatch.setattr("conducky.rehearsal.command.rehearse", begin)
    ran = run(command)
    before, _, _ = f"{ran.out}{ran.err}".partition("begun")
    assert ran.code == 0
    assert ("! shop/start.sh:2 waits with `nc` for `db`" in before) is is_said
