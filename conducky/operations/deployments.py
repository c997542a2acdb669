"""Layers brought up with changed settings: by Pulumi in AWS, or by a rehearsal in itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from conducky.deployment import PulumiCli, Selection
from conducky.operations.target import Target

Deploy = Callable[[PulumiCli, Sequence[str]], int]


@dataclass
class Deployments:
    """Of one stack. `deploy` brings what is selected up, proves it, and returns its exit code."""

    target: Target
    deploy: Deploy
    _waiting: dict[str, dict[str, str | None]] = field(default_factory=dict[str, dict[str, str | None]])

    def set(self, layer: str, settings: Mapping[str, str | None]) -> None:
        """Change settings in the stack file; None removes one. In a rehearsal they wait for `up`.

        Raises:
            UserError: when Pulumi refuses.
        """
        if self.target.rehearsal:
            self._waiting.setdefault(layer, {}).update(settings)
            return
        pulumi = PulumiCli(Selection.of(self.target.stack, layer))
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
        return self.deploy(PulumiCli(Selection.of(self.target.stack, layer)), options)
