"""The list of checks, and what runs it."""

from collections.abc import Callable, Iterator

import httpx

from conducky.rehearsal.checks import deployment, sample_app
from conducky.rehearsal.checks.check import CheckedDeployment, CheckFailedError, CheckResult

_CHECKS: tuple[tuple[str, Callable[[CheckedDeployment], str]], ...] = (
    ("page served", deployment.page),
    ("API answered from the database", sample_app.status),
    ("migrations applied", deployment.migrations),
    ("report filed, and shown to its reporter only", sample_app.report),
    ("administrator invited", sample_app.administrator),
    ("unknown paths answered", sample_app.unknown_paths),
    ("targets healthy", deployment.targets),
    # Last: it also searches what the applications logged about the requests above.
    ("no secret in exports, state or logs", deployment.secrets),
)


def run_checks(checked: CheckedDeployment) -> Iterator[CheckResult]:
    """Every check in turn, each with its result; one that fails does not stop the others."""
    for name, check in _CHECKS:
        try:
            yield CheckResult(name, ok=True, detail=check(checked))
        except (CheckFailedError, httpx.HTTPError, KeyError, ValueError) as error:
            seen = str(error) or type(error).__name__
            yield CheckResult(name, ok=False, detail=checked.account.redact(seen))
