"""The fake AWS account of a rehearsal: every resource that exists in it, and the secrets among them."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conducky.catalog.property_bag import Properties
from conducky.errors import UserError
from conducky.naming import Place
from conducky.rehearsal.certificates import CertificateAuthority
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.repository import ROOT

Progress = Callable[[str], None]


class ResourceFailedError(UserError):
    """What AWS would refuse or fail to do; `fix` is empty where the problem says it."""


class NotSteadyError(ResourceFailedError):
    """What AWS began and could not finish: the resource exists, and the provider stores the new state with the error.

    `actual` are the inputs with which AWS runs it afterwards, such as those of the revision that ECS went back to.
    """

    def __init__(self, problem: str, actual: Properties, fix: str = "") -> None:
        super().__init__(problem, fix)
        self.actual = actual


@dataclass
class Request:
    """One operation on one resource: plain `inputs`, and `outputs` as the catalog answers or as the resource was."""

    token: str
    urn: str
    name: str
    inputs: Properties
    outputs: Properties

    @property
    def layer(self) -> str:
        """The layer whose program asks, from the URN's project."""
        return self.urn.split("::")[1].removeprefix("conducky-")


@dataclass
class Account:
    """What all handlers share.

    `resources` holds the present outputs of every resource by type token and id, so that one can look up what another
    names, as the real services do. `lookups` answers the programs' questions whose answer changes. `root` is the
    repository whose applications are built. `stopping` is set when the rehearsal ends. `say` shows the person what
    stays on the screen, and `listeners` get AWS's own events.
    """

    place: Place
    folder: RunFolder
    progress: Progress
    root: Path = ROOT
    stopping: threading.Event = field(default_factory=threading.Event)
    resources: dict[str, dict[str, Properties]] = field(default_factory=dict[str, dict[str, Properties]])
    lookups: dict[str, Callable[[Properties], Properties | None]] = field(
        default_factory=dict[str, Callable[[Properties], Properties | None]]
    )
    say: Progress = lambda _: None
    listeners: list[Callable[[Properties], None]] = field(default_factory=list[Callable[[Properties], None]])
    lock: threading.RLock = field(default_factory=threading.RLock)
    _authority: CertificateAuthority | None = None

    @property
    def authority(self) -> CertificateAuthority:
        """What signs the certificates of databases and load balancers."""
        with self.lock:
            self._authority = self._authority or CertificateAuthority.create(self.folder.path / "ca")
            return self._authority

    def remember(self, token: str, ident: str, outputs: Properties) -> None:
        """Record a resource as it is now."""
        with self.lock:
            self.resources.setdefault(token, {})[ident] = outputs

    def forget(self, token: str, ident: str) -> None:
        """Record that a resource is gone."""
        with self.lock:
            self.resources.get(token, {}).pop(ident, None)

    def of(self, token: str) -> list[Properties]:
        """The resources of one type."""
        with self.lock:
            return list(self.resources.get(token, {}).values())

    def find(self, token: str, **properties: object) -> Properties | None:
        """The first resource of a type with these properties."""
        return next((each for each in self.of(token) if properties.items() <= each.items()), None)

    def need(self, token: str, problem: str, fix: str, /, **properties: object) -> Properties:
        """As `find`. Raises ResourceFailedError with this message when there is none."""
        found = self.find(token, **properties)
        if found is None:
            raise ResourceFailedError(problem, fix)
        return found

    def emit(self, source: str, kind: str, resource: str, detail: Properties) -> None:
        """Tell the listeners of an event of a service, such as `aws.ecs`, about one of its resources."""
        arn = self.place.arn(source.removeprefix("aws."), resource)
        for listener in self.listeners:
            listener({"source": source, "detail-type": kind, "resources": [arn], "detail": detail})

    def check_stop(self) -> None:
        """Raise ResourceFailedError when the rehearsal is being ended."""
        if self.stopping.is_set():
            raise ResourceFailedError("the rehearsal was stopped")

    def redact(self, text: str) -> str:
        """A text without the secrets of this account."""
        # The longest first: one secret may be part of another, as the password is of the database's URL.
        for secret in sorted(self.secrets().values(), key=len, reverse=True):
            text = text.replace(secret, "[secret]") if secret else text
        return text

    def secrets(self) -> Mapping[str, str]:
        """Every secret value that AWS would hold, by what it is."""
        found = {
            str(outputs["name"]): str(outputs["value"])
            for outputs in self.of("aws:ssm/parameter:Parameter")
            if outputs.get("type") == "SecureString"
        }
        for outputs in self.of("aws:rds/instance:Instance"):
            found[f"the password of {outputs['identifier']}"] = str(outputs["password"])
        return found


def protected(what: str) -> ResourceFailedError:
    """The refusal to delete a protected resource, such as `the database conducky-dev`."""
    return ResourceFailedError(
        f"{what} is protected",
        "run `pulumi -C platform config set deletionProtection false` and `pulumi -C platform up` first",
    )
