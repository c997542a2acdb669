"""Layers brought up with changed settings: by Pulumi in AWS, or by a rehearsal in itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conducky.deployment import PulumiCli, Selection
from conducky.errors import UserError
from conducky.operations.target import Target
from conducky.repository import ROOT, stack_config, stack_file

Deploy = Callable[[PulumiCli, Sequence[str]], int]


@dataclass
class Deployments:
    """Of one stack. `deploy` brings what is selected up, proves it, and returns its exit code."""

    target: Target
    deploy: Deploy
    root: Path = ROOT
    _waiting: dict[str, dict[str, str | None]] = field(default_factory=dict[str, dict[str, str | None]])

    def has(self, layer: str, settings: Sequence[str]) -> Sequence[str]:
        """Those of these that are set: in the stack file, or in a rehearsal since it began."""
        if self.target.rehearsal:
            found = self.target.rehearsal.call("conducky.Known", {"layer": layer})["changed"]
            return [each for each in settings if each in found]
        found = stack_config(stack_file(layer, self.target.stack, self.root))
        return [each for each in settings if f"conducky-{layer}:{each}" in found]

    def set(self, layer: str, settings: Mapping[str, str | None]) -> None:
        """Change settings in the stack file; None removes one. In a rehearsal they wait for `up`.

        Raises:
            UserError: when Pulumi refuses.
        """
        if self.target.rehearsal:
            self._waiting.setdefault(layer, {}).update(settings)
            return
        pulumi = self._pulumi(layer)
        for key, value in settings.items():
            pulumi.query(layer, "config", *(("rm", key) if value is None else ("set", key, value)))

    def up(self, layer: str, *, replace: Sequence[str] = ()) -> int:
        """Deploy one layer, and replace the resources with these URNs; returns 0, or the exit code of what failed.

        Raises:
            UserError: when something has to be fixed first, or the rehearsal refuses.
        """
        if self.target.rehearsal:
            settings = self._waiting.pop(layer, {})
            request = {"layer": layer, "settings": settings, "replace": [*replace]}
            self.target.rehearsal.call("conducky.Deploy", request)
            return 0
        options = [word for urn in replace for word in ("--replace", urn)]
        return self.deploy(self._pulumi(layer), options)

    def _pulumi(self, layer: str) -> PulumiCli:
        return PulumiCli(Selection.of(self.target.stack, layer), self.root)


@dataclass
class Change:
    """A change of one stack by deployments. `confirm` asks a question that can stop it."""

    target: Target
    note: Callable[[str], None]
    confirm: Callable[[str], bool]
    deployments: Deployments

    def ask(self, question: str) -> None:
        """Raise UserError unless the person agrees."""
        if not self.confirm(f"{question} [y/N] "):
            raise UserError("nothing was changed", "run this again with `--yes`, or answer y")
