"""`conducky preview`, `deploy` and `destroy`."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from conducky.deployment.guards import in_words, layers_above, refuse_what_is_protected, refuse_what_is_stood_upon
from conducky.deployment.pulumi_cli import PulumiCli
from conducky.deployment.selection import Selection
from conducky.deployment.stack_state import StackState, is_deployed, read_state
from conducky.environment import variable
from conducky.errors import UserError, quoted

# Whose outputs a layer reads: without them its program ends in one sentence.
_READS = {"services": ("bootstrap", "platform")}
_VERBS = {"preview": "preview", "deploy": "up", "destroy": "destroy"}


def preview(pulumi: PulumiCli, options: Sequence[str], console: Console) -> int:
    """Show what `deploy` would change; returns 0, or the exit code of the first layer that failed.

    A layer that cannot be previewed because one below it was never deployed is passed over with a sentence, unless it
    was asked for by name: then its program says so and fails.

    Raises:
        UserError: something on this machine has to be mended first.
    """
    pulumi.require_language_host()
    for layer in pulumi.selection.layers:
        missing = None if pulumi.selection.layer else _missing_below(pulumi, layer)
        if missing:
            _say(
                console,
                f"{layer} is not previewed: {missing}/{pulumi.selection.stack} is not deployed yet, and {layer} reads "
                f"its outputs: run {pulumi.selection.make('deploy', missing)} first",
            )
            continue
        code = _run(pulumi, layer, _VERBS["preview"], options, console)
        if code:
            return code
    return 0


def deploy(pulumi: PulumiCli, options: Sequence[str], console: Console, *, yes: bool) -> int:
    """Create or update the layers in order; returns 0, or the exit code of the first that failed, after which it stops.

    Pulumi shows each layer's changes and asks. With `yes`, in CI and where nobody could answer it does not ask.

    Raises:
        UserError: something on this machine has to be mended first.
    """
    pulumi.require_language_host()
    consent = ["--yes"] if yes or not _somebody_answers() else []
    return _one_after_another(pulumi, pulumi.selection.layers, "deploy", [*consent, *options], console)


def destroy(pulumi: PulumiCli, confirm: str | None, console: Console) -> int:
    """Remove the layers in reverse order; returns 0, or the exit code of the first that failed, after which it stops.

    All guards are asked before anything is removed, and so is the person: the stack's name, as `confirm` or typed.
    The program is not run for it (Pulumi's `--run-program`): removing needs none of the values that it would compute
    (the images, for which a fresh registry token would count, are kept), and must work without the secrets and layers
    that it would ask for.

    Raises:
        UserError: a guard refuses, the name was not given, or no selected layer has such a stack.
    """
    selection = pulumi.selection
    states = {layer: read_state(pulumi, layer) for layer in (*layers_above(selection.layers), *selection.layers)}
    if all(states[layer] is None for layer in selection.layers):
        raise UserError(
            f"there is no stack `{selection.name}` of {' or '.join(selection.layers)}: see "
            f"`pulumi -C {selection.layers[0]} stack ls`"
        )
    refuse_what_is_stood_upon(selection, states)
    refuse_what_is_protected(pulumi, states)
    going = [
        state
        for layer in reversed(selection.layers)
        if (state := _to_remove(selection, layer, states[layer], console)) is not None
    ]
    if not going:
        return 0
    _confirm(selection, going, confirm, console)
    return _one_after_another(pulumi, [state.layer for state in going], "destroy", ["--yes"], console)


def _one_after_another(
    pulumi: PulumiCli, layers: Sequence[str], target: str, options: Sequence[str], console: Console
) -> int:
    for number, layer in enumerate(layers):
        code = _run(pulumi, layer, _VERBS[target], options, console)
        if code:
            rest = " and ".join(layers[number + 1 :])
            if rest:
                _say(console, f"{rest} was not begun: mend {layer} and run {pulumi.selection.make(target)} again")
            return code
    return 0


def _run(pulumi: PulumiCli, layer: str, verb: str, options: Sequence[str], console: Console) -> int:
    # Without the options: one of them may be `--config key=secret`.
    _say(console, f"» {pulumi.shown(layer, verb)}")
    code = pulumi.run(layer, verb, options)
    if code:
        _say(console, f"✗ {pulumi.reason(layer, verb, code)}")
    return code


def _missing_below(pulumi: PulumiCli, layer: str) -> str | None:
    return next((below for below in _READS.get(layer, ()) if not is_deployed(pulumi, below)), None)


def _to_remove(selection: Selection, layer: str, state: StackState | None, console: Console) -> StackState | None:
    """The state, if it holds anything at all: also what is only Pulumi's own, such as the outputs of a partial one."""
    if state is not None and state.resources:
        return state
    _say(console, f"{layer}/{selection.stack} {'does not exist' if state is None else 'is empty already'}")
    return None


def _confirm(selection: Selection, going: Sequence[StackState], confirm: str | None, console: Console) -> None:
    if confirm is None and not _somebody_answers():
        raise UserError(
            f"nothing was removed: nobody is here to confirm it, so say it with `make destroy STACK={selection.stack} "
            f'ARGS="--confirm {selection.stack}"`'
        )
    for state in going:
        _say(console, f"{state.layer}/{selection.name}: {in_words(state.count)} will be deleted for good")
    if confirm is None:
        confirm = _typed(f"Type the stack's name ({selection.stack}) to delete them, anything else to stop: ", console)
    if confirm != selection.stack:
        raise UserError(f"nothing was removed: {quoted(confirm)} is not the name of the stack, `{selection.stack}`")


def _typed(question: str, console: Console) -> str:
    try:
        return console.input(Text(question)).strip()
    except EOFError:
        return ""


def _somebody_answers() -> bool:
    return bool(sys.stdin and sys.stdin.isatty()) and variable("CI") not in {"true", "1"}


def _say(console: Console, line: str) -> None:
    console.print(Text(line), soft_wrap=True)
