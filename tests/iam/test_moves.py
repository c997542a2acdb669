"""The moves of a security test: what IAM denies whatever is attached, and what is inherent, with the reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.iam.deployments import Deployment
from tests.iam.judge import Question, judge
from tests.iam.moves import DELETIONS, MOVES, OF_A_PREVIEW, of_stack
from tests.summary import note

Deployed = Callable[[str], Deployment]


@pytest.mark.parametrize("label", ["dev", "prod"])
@pytest.mark.parametrize("more", [(), ("admin",)], ids=["its policies", "AdministratorAccess"])
def test_every_move_is_denied_or_inherent(deployed: Deployed, label: str, more: tuple[str, ...]) -> None:
    made = deployed(label)
    kept = [replace(move, why="") for move in DELETIONS] if made.scope.is_protected else DELETIONS
    moves = [*MOVES, *kept]
    verdicts = judge(
        made.documents, [made.asks(of_stack(move.request, made.stack, made.caller.principal), *more) for move in moves]
    )
    allowed = [move for move, verdict in zip(moves, verdicts, strict=True) if verdict == "Allowed"]
    assert [move.what for move in allowed if not move.why] == [], "nothing of it is inherent"
    assert [move.what for move in moves if move.why and move not in allowed] == [], "take it off the inherent ones"
    with_what = " with AdministratorAccess" if more else ""
    note(
        "IAM",
        f"{label}: {len(moves)} moves of a stolen key{with_what}: {len(allowed)} allowed (inherent), "
        f"{len(moves) - len(allowed)} denied",
    )
    for move in allowed if not more and label == "dev" else []:
        note("IAM", f"inherent: {move.what}. {move.why}")


def test_a_preview_reads_nothing_even_with_another_policy(deployed: Deployed) -> None:
    made = deployed("every option")
    asked = [Question(move.request, ("admin",), "preview-boundary") for move in OF_A_PREVIEW]
    verdicts = judge(made.documents, asked)
    assert [m.what for m, verdict in zip(OF_A_PREVIEW, verdicts, strict=True) if verdict == "Allowed"] == []
    note("IAM", f"{len(asked)} moves of a preview with AdministratorAccess, all denied")


def test_of_a_protected_stack_the_role_destroy_deletes_what_the_deployer_cannot(deployed: Deployed) -> None:
    prod = deployed("prod")
    assert prod.scope.is_protected
    requests = [of_stack(move.request, prod.stack, prod.caller.principal) for move in DELETIONS]
    assert set(judge(prod.documents, [prod.asks(each, "admin") for each in requests])) == {"ExplicitlyDenied"}
    destroying = [prod.asks(each, boundary="destroy-boundary") for each in requests]
    assert set(judge(prod.documents, destroying)) == {"Allowed"}
