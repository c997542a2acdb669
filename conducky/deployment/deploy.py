"""`conducky preview`, `deploy` and `destroy`, and what must not be destroyed yet."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from rich.console import Console

from conducky.deployment.deletions import refuse_deletion
from conducky.deployment.kept_databases import refuse_replaced_databases
from conducky.deployment.pulumi_cli import WITHOUT_REFRESH, PulumiCli
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import StackState, exported, read_state
from conducky.errors import UserError, quoted
from conducky.repository import LAYERS, READS
from conducky.terminal import ask, is_interactive, say, say_error


def preview(pulumi: PulumiCli, options: Sequence[str], console: Console) -> int:
    """Show what `deploy` would change; returns 0, or the exit code of the first layer that failed.

    A layer that depends on one that was never deployed is skipped and that is said, unless it was selected by name:
    then its program fails and says so itself. Raises UserError when something has to be fixed locally first.
    """
    pulumi.require_language_host()
    for layer in pulumi.selection.layers:
        missing = [below for below in READS[layer] if not pulumi.selection.layer and exported(pulumi, below) is None]
        if missing:
            say(
                console,
                f"{layer} is not previewed, because it reads the outputs of {missing[0]}/{pulumi.selection.stack}, "
                f"which is not deployed yet: run {pulumi.selection.make('deploy', missing[0])} first",
            )
            continue
        code = _run(pulumi, layer, "preview", [WITHOUT_REFRESH, *options], console)
        if code:
            return code
    return 0


def deploy(
    pulumi: PulumiCli, options: Sequence[str], console: Console, *, yes: bool, allow_deletion: bool = False
) -> int:
    """Create or update the layers in order; returns 0, or the exit code of the first that failed, after which it stops.

    Pulumi shows the changes and asks, unless `yes` is given or nobody could answer. Raises UserError when something has
    to be fixed locally first, or a protected stack would lose its data, logs or load balancer without `allow_deletion`.
    """
    pulumi.require_language_host()
    consent = ["--yes"] if yes or not is_interactive() else []
    if not consent:
        _say_cost(pulumi, console)

    def check(layer: str) -> None:
        if not allow_deletion:
            refuse_deletion(pulumi, layer, options, console)

    return _one_after_another(pulumi, pulumi.selection.layers, "deploy", [*consent, *options], console, check)


def destroy(pulumi: PulumiCli, confirm: str | None, console: Console) -> int:
    """Remove the layers in reverse order; returns 0, or the exit code of the first that failed, after which it stops.

    Before, all guards are checked and the stack's name is confirmed: with `confirm`, or typed. The programs are not run
    (Pulumi's `--run-program`), because removing must work without the secrets and layers that they need. Raises
    UserError when a guard refuses, the name was not given, or no selected layer has such a stack.
    """
    selection = pulumi.selection
    states = {layer: read_state(pulumi, layer) for layer in (*layers_above(selection.layers), *selection.layers)}
    if all(states[layer] is None for layer in selection.layers):
        raise UserError(
            f"there is no stack `{selection.name}` of {' or '.join(selection.layers)}",
            f"see `pulumi -C {selection.layers[0]} stack ls`",
        )
    refuse_what_others_depend_on(selection, states)
    refuse_what_is_protected(pulumi, states)
    refuse_replaced_databases(selection, states)
    going: list[StackState] = []
    for layer in reversed(selection.layers):
        state = states[layer]
        if state is not None and state.resources:  # also Pulumi's own only, such as the outputs of a partial one
            going.append(state)
        else:
            empty = "does not exist" if state is None else "is empty already"
            say(console, f"{layer}/{selection.stack} {empty}")
    if not going:
        return 0
    _confirm(selection, going, confirm, console)
    return _one_after_another(pulumi, [state.layer for state in going], "destroy", ["--yes"], console)


def _say_cost(pulumi: PulumiCli, console: Console) -> None:
    """Say what the stack will cost, before Pulumi asks."""
    from conducky.cost.estimate import estimate  # noqa: PLC0415  # a second of imports that the others do not need
    from conducky.cost.report import cost_in_one_line  # noqa: PLC0415

    stack = pulumi.selection.stack
    cost = cost_in_one_line(stack, lambda: estimate(stack, root=pulumi.root))
    say(console, f"{cost}: `make cost STACK={stack}` has the lines")


def _one_after_another(
    pulumi: PulumiCli,
    layers: Sequence[str],
    target: str,
    options: Sequence[str],
    console: Console,
    check: Callable[[str], None] = lambda _: None,
) -> int:
    for number, layer in enumerate(layers):
        check(layer)
        code = _run(pulumi, layer, "up" if target == "deploy" else target, options, console)
        if code:
            rest = " and ".join(layers[number + 1 :])
            if rest:
                say(console, f"{rest} was skipped. Fix {layer} and run {pulumi.selection.make(target)} again")
            return code
    return 0


def _run(pulumi: PulumiCli, layer: str, verb: str, options: Sequence[str], console: Console) -> int:
    # Without the options: one of them may be `--config key=secret`.
    say(console, f"» {pulumi.shown(layer, verb)}")
    code = pulumi.run(layer, verb, options)
    if code:
        say_error(console, pulumi.error(layer, verb, code))
    return code


def _confirm(selection: Selection, going: Sequence[StackState], confirm: str | None, console: Console) -> None:
    if confirm is None and not is_interactive():
        raise UserError(
            "nothing was removed: this needs confirmation and there is no terminal to ask on",
            f'run `make destroy STACK={selection.stack} ARGS="--confirm {selection.stack}"`',
        )
    for state in going:
        say(console, f"{state.layer}/{selection.name}: {in_words(state.count)} will be deleted for good")
    if confirm is None:
        confirm = ask(console, f"Type the stack's name ({selection.stack}) to delete them, anything else to stop: ")
    if confirm != selection.stack:
        raise UserError(
            f"nothing was removed: {quoted(confirm)} is not the name of the stack",
            f"run {selection.make('destroy')} again and type `{selection.stack}`",
        )


def layers_above(layers: Iterable[str]) -> tuple[str, ...]:
    """The layers that depend on these and are not among them, the uppermost first."""
    lowest = min(LAYERS.index(layer) for layer in layers)
    return tuple(layer for layer in reversed(LAYERS[lowest:]) if layer not in layers)


def refuse_what_others_depend_on(selection: Selection, states: Mapping[str, StackState | None]) -> None:
    """Raise UserError when a layer above still holds something, which could not be destroyed without this one."""
    for layer in layers_above(selection.layers):
        state = states[layer]
        if state is not None and state.count:
            raise UserError(
                f"nothing was removed: {layer}/{selection.stack} depends on {selection.layers[0]} and still has "
                f"{in_words(state.count)}",
                f"run {selection.make('destroy', layer)} first",
            )


def refuse_what_is_protected(pulumi: PulumiCli, states: Mapping[str, StackState | None]) -> None:
    """Raise UserError when something in a selected layer is protected: AWS would refuse only halfway."""
    selection = pulumi.selection
    for layer in selection.layers:
        state = states[layer]
        if state is not None and state.protected:
            raise UserError(
                f"nothing was removed: {' and '.join(state.protected)} of {layer}/{selection.stack} "
                f"{'is' if len(state.protected) == 1 else 'are'} protected against deletion",
                f"run `{pulumi.shown('platform', 'config set deletionProtection false')}` and "
                f"{selection.make('deploy', layer)} first",
            )


def in_words(count: int) -> str:
    """A number of resources."""
    return "1 resource" if count == 1 else f"{count} resources"
