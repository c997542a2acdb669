"""`conducky setup github`, and the part of `conducky doctor` that is about GitHub."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Console

from conducky.deployment import PulumiCli, Selection
from conducky.deployment.stack_state import exported
from conducky.errors import UserError
from conducky.github.gh import gh, gh_json
from conducky.operations.doctor.finding import Finding, ok, unseen, warning, wrong
from conducky.operations.setup_github.state import read_state
from conducky.operations.setup_github.steps import Plan, Step
from conducky.repository import stack_config, stack_file
from conducky.secret_values import secret_names
from conducky.settings.offline import settings_of
from conducky.settings.schema import BootstrapSettings
from conducky.terminal import ask, is_interactive, say, say_error


def plan(selection: Selection, repository: str | None, console: Console) -> Plan:
    """What GitHub has and needs for a stack. Raises UserError when `gh` cannot be used, or GitHub or Pulumi refuses."""
    stack = selection.stack
    settings = settings_of(BootstrapSettings, stack)
    config = stack_config(stack_file("services", stack))
    return Plan(
        stack,
        read_state(stack, repository or settings.github_repository),
        settings,
        exported(PulumiCli(selection), "bootstrap") or {},
        frozenset(key.partition(":")[2] for key, value in config.items() if value is None),
        [*secret_names(config)],
        lambda question: console.input(question, password=True).strip() if is_interactive() else "",
    )


def checks(selection: Selection, repository: str | None, console: Console) -> Iterator[Finding]:
    """Each step as a finding: done, or what does it."""
    if shutil.which("gh") is None:
        how = "install `gh` from cli.github.com, or leave GitHub out with `--no-github`"
        yield unseen("whether GitHub can deploy", how)
        return
    wanted = plan(selection, repository, console)
    state = wanted.state
    yield ok(f"{state.repository.name}, {'private' if state.repository.private else 'public'}")
    if wanted.without_environments:
        yield warning(
            "ENVIRONMENTS=none: everybody who may push can use the secrets of every stack",
            "on a plan with environments run `gh variable delete ENVIRONMENTS`, then `conducky setup github`",
        )
    if not state.subject_is_default:
        path = f"repos/{state.repository.name}/actions/oidc/customization/sub"
        yield wrong(
            "the repository has a customised OIDC subject, which the role of bootstrap does not trust",
            f"run `gh api --method PUT {path} -F use_default=true`",
        )
    for step in wanted.steps():
        if step.done:
            yield ok(step.title)
        else:
            yield wrong(f"missing: {step.title}", step.command, step.run if step.safe else None)


def set_up(wanted: Plan, console: Console, *, dry_run: bool, deploy: bool, reviewers: Sequence[str] = ()) -> int:
    """Carry out every step that is not done, without showing a secret; returns how many are left for a person."""
    if reviewers:
        wanted = replace(wanted, reviewers=tuple(int(gh_json("api", f"users/{each}")["id"]) for each in reviewers))
    left = 0
    for step in wanted.steps():
        if step.done:
            say(console, f"✓ {step.title}")
        elif dry_run:
            say(console, f"» {step.title}:\n{step.command}")
        else:
            left += not _carry_out(step, console)
    if dry_run:
        return 0
    if left:
        say(console, f"{left} of the steps are left; fix what is named above and run this again")
    elif deploy or (is_interactive() and ask(console, "Deploy now? [y/N] ").lower() in {"y", "yes"}):
        gh("workflow", "run", "deploy.yml", "--repo", wanted.state.repository.name, "-f", f"stack={wanted.stack}")
        say(console, f"✓ started: `gh run watch --repo {wanted.state.repository.name}`")
    return left


def _carry_out(step: Step, console: Console) -> bool:
    if step.run is None:
        say(console, f"✗ {step.title}: run this, then this command again:\n{step.command}")
        return False
    try:
        step.run()
    except UserError as error:
        say_error(console, error)
        return False
    say(console, f"✓ {step.title}: stored" if "secret" in step.title else f"✓ {step.title}: done")
    return True
