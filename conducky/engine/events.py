"""What the engine reports while it works on one layer, and what of it is worth keeping."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pulumi.automation import events

_STACK = "pulumi:pulumi:Stack"
_PROVIDERS = "pulumi:providers:"
_CLOSING = ("update failed", "destroy failed", "preview failed", "Resource monitor has")
# The last two are from the engine's list of what failed after a resource was created or changed.
_PREFIXES = (
    *("error: ", "an unhandled error occurred: ", "python inline source runtime error: "),
    *("1 error occurred:", "* "),
)
# What AWS holds back of some new accounts, and cannot be asked before: by its own words, what to do.
_SUPPORT = "open a case of the type `Account and billing` with AWS Support, which alone lifts it, then run this again"
_ANSWERS = {
    "must be verified before you can add": f"{_SUPPORT}; until then, `https` hosted-zone or certificate needs no "
    "CloudFront, and `entrance` http-api has HTTPS without a domain (docs/production.md)",
    "does not support creating load balancers": f"{_SUPPORT}; until then, `entrance` http-api needs none",
}
_MARKS = re.compile(r"<\{%[^%]*%\}>")
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


@dataclass
class LayerResult:
    """What one run of a layer did; `seconds` is wall time.

    `changes` counts resources by the engine's operation. `operations` says for each that did not stay as it was, by
    type and name, whether it was created, updated, replaced or deleted.
    """

    name: str
    resources: int = 0
    changes: dict[str, int] = field(default_factory=dict[str, int])
    seconds: float = 0.0
    operations: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class LayerProgress:
    """Who hears of progress: `begins` gets a resource's name, `done` how many are finished.

    `said` gets what a program logs for people (`pulumi.log.info`).
    """

    begins: Callable[[str], None] = lambda _: None
    done: Callable[[int], None] = lambda _: None
    said: Callable[[str], None] = lambda _: None


_REFRESH = "refresh"  # before the steps of services, see its Pulumi.yaml


class Watch:
    """Follows the engine's events."""

    def __init__(self, progress: LayerProgress, root: Path) -> None:
        self._progress = progress
        self._root = root
        self._problems: list[str] = []
        self._lock = threading.Lock()
        self._urns: set[str] = set()
        self._done: set[str] = set()
        self.changes: dict[str, int] = {}
        self.operations: dict[str, str] = {}

    def note(self, event: events.EngineEvent) -> None:
        """Take one event."""
        with self._lock:
            if event.resource_pre_event:
                step = event.resource_pre_event.metadata
                if str(step.op.value) not in {"same", _REFRESH} and not step.type.startswith(
                    (_STACK, "conducky:", _PROVIDERS)
                ):
                    self._progress.begins(f"{step.urn.rpartition('::')[2]} ({step.type.rpartition(':')[2]})")
            if event.res_outputs_event:
                self._count(event.res_outputs_event.metadata)
            if event.diagnostic_event and event.diagnostic_event.severity == "error":
                self._problem(event.diagnostic_event)
            if event.diagnostic_event and event.diagnostic_event.severity == "info":
                self._progress.said(_plain(event.diagnostic_event.message))

    def causes(self) -> str:
        """What went wrong, each cause once."""
        return "\n".join(dict.fromkeys(self._problems))

    @property
    def resources(self) -> int:
        """How many resources the layer has, components and providers aside."""
        return len(self._urns)

    def _count(self, step: events.StepEventMetadata) -> None:
        if step.type == _STACK or step.type.startswith((_PROVIDERS, "conducky:")):
            return
        operation = str(step.op.value)
        if operation.startswith(("read", "refresh")):
            return  # A StackReference, or what was only compared
        self.changes[operation] = self.changes.get(operation, 0) + 1
        if operation != "same":
            # The engine reports a replacement as three operations; together they are one.
            kept = "replace" if "replace" in operation else operation
            self.operations[f"{step.type} {step.urn.rpartition('::')[2]}"] = kept
        self._done.add(step.urn)
        if operation != "delete":
            self._urns.add(step.urn)
        self._progress.done(len(self._done))

    def _problem(self, diagnostic: events.DiagnosticEvent) -> None:
        text = _in_short(_plain(diagnostic.message), self._root)
        # The engine closes with lines that only say that something failed.
        if text and not text.startswith(_CLOSING):
            name = (
                diagnostic.urn.rpartition("::")[2] if diagnostic.urn and f"::{_STACK}::" not in diagnostic.urn else ""
            )
            answers = [f": {answer}" for words, answer in _ANSWERS.items() if words in text]
            self._problems.append("".join([text if not name or name in text else f"{name}: {text}", *answers]))


def read_event_log(file: Path, root: Path) -> Watch | None:
    """Everything in a log of `pulumi --event-log`, or None if there is none; a line that was cut off is skipped."""
    if not file.is_file():
        return None
    watch = Watch(LayerProgress(), root)
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            watch.note(events.EngineEvent.from_json(json.loads(line)))  # pyright: ignore[reportUnknownMemberType]
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return watch


def _plain(message: str) -> str:
    """A diagnostic without the engine's colour marks and its own prefixes."""
    text = _MARKS.sub("", message).strip()
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix).strip()
    return text


def _in_short(text: str, root: Path) -> str:
    """A traceback as its last line, with the last place in the repository that it came through."""
    if "Traceback (most recent call last)" not in text:
        return text
    frames = [(Path(file), line) for file, line in _FRAME.findall(text)]
    ours = [(file, line) for file, line in frames if file.is_relative_to(root) and ".venv" not in file.parts]
    last = next(line for line in reversed(text.splitlines()) if line.strip() and not line.startswith(" "))
    if not ours:
        return last
    file, line = ours[-1]
    return f"{file.relative_to(root)}:{line}: {last}"
