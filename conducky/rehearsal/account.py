"""This machine in the place of an AWS account: what exists, and where on this machine it is."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conducky.catalog.property_bag import Properties
from conducky.naming import Place
from conducky.rehearsal.images.build import BuiltImage
from conducky.rehearsal.load_balancer.balancer import LoadBalancer
from conducky.rehearsal.postgres.certificates import CertificateAuthority
from conducky.rehearsal.postgres.server import PostgresServer
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.repository import ROOT

Progress = Callable[[str], None]


class ResourceFailedError(Exception):
    """What AWS would have refused or not achieved: a sentence that names the cause and the place to look at."""


@dataclass
class Request:
    """One operation on one resource. `inputs` are plain; `outputs` hold what the catalogue made, or what was before."""

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
class Machine:
    """Everything that the six kinds of resources with behaviour share.

    `resources` holds the present outputs of every resource by type token and id, so that one can look up what another
    names, as the real services do.
    """

    place: Place
    folder: RunFolder
    authority: CertificateAuthority
    balancer: LoadBalancer
    port: int
    progress: Progress
    root: Path = ROOT
    stopping: threading.Event = field(default_factory=threading.Event)
    resources: dict[str, dict[str, Properties]] = field(default_factory=dict[str, dict[str, Properties]])
    databases: dict[str, PostgresServer] = field(default_factory=dict[str, PostgresServer])
    images: dict[str, BuiltImage] = field(default_factory=dict[str, BuiltImage])
    listeners: dict[str, int] = field(default_factory=dict[str, int])
    revisions: dict[str, int] = field(default_factory=dict[str, int])
    lock: threading.RLock = field(default_factory=threading.RLock)

    def remember(self, token: str, ident: str, outputs: Properties) -> None:
        """Note a resource as it is now."""
        with self.lock:
            self.resources.setdefault(token, {})[ident] = outputs

    def forget(self, token: str, ident: str) -> None:
        """Note that a resource is gone."""
        with self.lock:
            self.resources.get(token, {}).pop(ident, None)

    def of(self, token: str) -> list[Properties]:
        """The resources of one type."""
        with self.lock:
            return list(self.resources.get(token, {}).values())

    def find(self, token: str, **properties: object) -> Properties | None:
        """The first resource of a type with these properties."""
        for outputs in self.of(token):
            if all(outputs.get(name) == value for name, value in properties.items()):
                return outputs
        return None

    def check_stop(self) -> None:
        """Raise when the rehearsal is being ended."""
        if self.stopping.is_set():
            raise ResourceFailedError("the rehearsal was stopped")

    def redact(self, text: str) -> str:
        """A text without the secrets that this machine holds."""
        # The longest first: one secret may be part of another, as the password is of the database's URL.
        for secret in sorted(self.secrets().values(), key=len, reverse=True):
            text = text.replace(secret, "[secret]") if secret else text
        return text

    def secrets(self) -> Mapping[str, str]:
        """Every secret value that was handed to the cloud, by what it is."""
        found = {
            str(outputs["name"]): str(outputs["value"])
            for outputs in self.of("aws:ssm/parameter:Parameter")
            if outputs.get("type") == "SecureString"
        }
        for outputs in self.of("aws:rds/instance:Instance"):
            found[f"the password of {outputs['identifier']}"] = str(outputs["password"])
        return found

    def local_url(self, host: str) -> str | None:
        """Where on this machine the load balancer of an AWS host name answers."""
        balancer = self.find("aws:lb/loadBalancer:LoadBalancer", dnsName=host)
        for listener, port in self.listeners.items():
            outputs = self.resources.get("aws:lb/listener:Listener", {}).get(listener, {})
            if balancer and outputs.get("loadBalancerArn") == balancer["arn"]:
                return f"http://localhost:{port}"
        return None

    def urls(self) -> dict[str, str]:
        """Each load balancer's AWS host name and where it answers on this machine."""
        hosts = [str(outputs["dnsName"]) for outputs in self.of("aws:lb/loadBalancer:LoadBalancer")]
        return {host: url for host in hosts if (url := self.local_url(host))}
