"""`conducky doctor`: all checks, how they look, and the safe fixes."""

import json
from collections.abc import Sequence
from functools import partial
from itertools import groupby

from rich.console import Console
from rich.text import Text

from conducky.deployment import PulumiCli, Selection
from conducky.environment import variable
from conducky.errors import UserError
from conducky.operations.doctor import computer, settings
from conducky.operations.doctor.account import Account, quotas
from conducky.operations.doctor.finding import MARKS, Check, Finding, run_checks
from conducky.operations.doctor.https import https
from conducky.repository import LAYERS, with_lines
from conducky.terminal import ask, is_interactive, say, say_error

_STYLES = {"ok": "green", "warning": "yellow", "wrong": "red", "unseen": "dim"}
Found = Sequence[tuple[str, Finding]]


def examine(selection: Selection, *, github: Sequence[Check] = ()) -> Found:
    """Check everything."""
    stack, account = selection.stack, Account(selection.stack)
    return run_checks(
        [
            *(
                Check("This computer", each)
                for each in (partial(computer.pulumi, selection), partial(computer.docker, stack))
            ),
            Check("This computer", computer.optional_tools),
            Check("Settings", partial(settings.stack_files, stack)),
            # Before the secrets, which only a stack that is there can keep
            Check("Pulumi", lambda: settings.stacks(PulumiCli(selection), LAYERS)),
            Check("Secrets", partial(settings.secrets, stack)),
            *(
                Check("AWS", each)
                for each in (account.credentials, account.region, account.network, account.roles, account.plan)
            ),
            Check("AWS", partial(https, account)),
            Check("AWS", partial(quotas, account)),
            *github,
        ]
    )


def require_ready(selection: Selection, console: Console, *, yes: bool) -> None:
    """Check before anything is created all that a deployment of the selected layers would only find out on its way.

    A missing stack is created, with `yes` unasked. What AWS says is left out in GitHub Actions, whose jobs have just
    signed in. Raises UserError when something has to be fixed first; every finding is printed before.
    """
    stack, layers, account = selection.stack, selection.layers, Account(selection.stack)
    checks = [Check("", partial(computer.pulumi, selection)), Check("", partial(settings.stack_files, stack))]
    if "services" in layers:
        checks += [Check("", partial(computer.docker, stack)), Check("", partial(settings.secrets, stack))]
    if variable("GITHUB_ACTIONS") != "true":
        checks += [Check("", account.credentials), Check("", account.region)]
        checks += [Check("", account.network), Check("", partial(https, account))] if "platform" in layers else []
    bad = [each for _, each in run_checks(checks) if each.level == "wrong"]
    if not any("pulumi" in each.text.lower() for each in bad):
        for _, finding in run_checks([Check("", lambda: settings.stacks(PulumiCli(selection), layers))]):
            if finding.level == "wrong" and not (finding.apply and _created(finding, console, yes=yes)):
                bad.append(finding)
    for finding in bad:
        say_error(console, UserError(finding.text, with_lines(finding.fix, stack)))
    if bad:
        things = "this" if len(bad) == 1 else f"these {len(bad)} things"
        raise UserError("nothing was deployed", f"fix {things}, then run {selection.make('deploy')} again")


def _created(finding: Finding, console: Console, *, yes: bool) -> bool:
    """Create a missing stack, if the person agrees."""
    asked = not yes and is_interactive()
    if asked and ask(console, f"{finding.text}: create it now? [Y/n] ").lower() not in {"", "y", "yes"}:
        return False
    if finding.apply and (yes or asked):
        finding.apply()
        say(console, "✓ created the stack")
        return True
    return False


def show(found: Found, console: Console) -> None:
    """Print a heading for each area, a line for each finding, and how to fix what is not as it should be."""
    for area, findings in groupby(found, key=lambda pair: pair[0]):
        console.print(Text(area, style="bold"))
        for _, finding in findings:
            console.print(Text.assemble((f"{MARKS[finding.level]} ", _STYLES[finding.level]), finding.text))
            if finding.fix:
                console.print(Text(f"    {finding.fix}", style="dim"), soft_wrap=True)
    wrong = sum(finding.level == "wrong" for _, finding in found)
    warnings = sum(finding.level == "warning" for _, finding in found)
    console.print(Text(f"{wrong} to fix, {warnings} to know about" if wrong or warnings else "all is well"))


def as_json(found: Found) -> str:
    """Every finding, for scripts."""
    lines = [{"area": area, "level": each.level, "text": each.text, "fix": each.fix} for area, each in found]
    return json.dumps(lines, indent=2)


def fix(found: Found, console: Console) -> int:
    """Offer each safe fix and carry out those that the person agrees to.

    Returns 1 if one failed, 3 if something is left to fix, else 0.
    """
    failed = left = False
    for _, finding in found:
        try:
            fixed = _is_fixed(finding, console)
        except UserError as error:
            fixed, failed = False, True
            say_error(console, error)
        left = left or (finding.level == "wrong" and not fixed)
    return 1 if failed else 3 if left else 0


def _is_fixed(finding: Finding, console: Console) -> bool:
    """Offer a finding's fix, if it has one, and carry it out. Raises UserError when it fails."""
    if finding.apply is None or finding.level == "ok":
        return False
    say(console, f"{finding.text}: {finding.fix}")
    if ask(console, "Do this now? [y/N] ").lower() not in {"y", "yes"}:
        return False
    finding.apply()
    say(console, "✓ done")
    return True
