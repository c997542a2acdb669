"""AWS as a running rehearsal plays it: boto3's clients, whose calls are answered by its socket instead of by AWS."""

import contextlib
import json
import os
import socket
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import boto3

from conducky.errors import UserError
from conducky.naming import Names
from conducky.operations.target import Target, find_target
from conducky.rehearsal import SOCKET

_REFUSED: Final = 400


@dataclass(frozen=True)
class RehearsalClient:
    """The socket of one rehearsal."""

    path: Path

    def call(self, name: str, request: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer to one call. Raises UserError when the rehearsal refuses, or has ended."""
        answered = self._ask(name, request or {})
        if "error" in answered:
            raise UserError(answered["error"]["Message"], answered["error"].get("fix", ""))
        return answered["answer"]

    def session(self, region: str) -> Any:  # noqa: ANN401  # boto3's own has no useful type
        """A session of boto3 whose every call this rehearsal answers, with requests checked as AWS documents them."""
        session = cast("Any", boto3.session.Session("rehearsal", "rehearsal", region_name=region))
        session.events.register("before-parameter-build.*.*", _keep)
        session.events.register("before-call.*.*", self._answer)
        return session

    def _answer(self, model: Any, context: dict[str, Any], **_more: object) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401
        service = {"elastic-load-balancing-v2": "elbv2"}.get(
            model.service_model.service_id.hyphenize(), model.service_model.service_name
        )
        answered = self._ask(f"{service}.{model.name}", context["request"])
        found = {"Error": answered["error"]} if "error" in answered else answered["answer"]
        status = _REFUSED if "error" in answered else 200
        return SimpleNamespace(status_code=status), {**found, "ResponseMetadata": {"HTTPStatusCode": status}}

    def _ask(self, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.path))
                connection.sendall(json.dumps({"call": name, "request": request}).encode() + b"\n")
                text = connection.makefile("rb").readline()
        except OSError:
            raise _none() from None
        if not text:
            raise UserError("the rehearsal ended meanwhile", "run `make rehearse`")
        return json.loads(text, object_hook=_with_times)


def target_of(stack: str, note: Callable[[str], None], *, rehearsal: bool) -> Target:
    """The stack in AWS, or its rehearsal, of which `note` gets the folder. Raises UserError when there is none."""
    if not rehearsal:
        return find_target(stack)
    client, target = find_rehearsal(stack)
    note(f"the rehearsal of {stack} in {client.path.parent.parent}")
    return target


def find_rehearsal(stack: str) -> tuple[RehearsalClient, Target]:
    """The rehearsal of this stack that this user started last on this computer. Raises UserError when none runs."""
    own = os.environ.get("CONDUCKY_REHEARSAL")  # From the keys of a rehearsal's own screen
    folders = [Path(own)] if own else Path(tempfile.gettempdir()).resolve().glob("conducky-rehearsal-*")
    sockets = [folder / SOCKET for folder in folders]
    others: set[str] = set()
    for path in sorted(
        (each for each in sockets if os.access(each, os.F_OK)), key=lambda each: each.stat().st_mtime, reverse=True
    ):
        client = RehearsalClient(path)
        with contextlib.suppress(UserError):
            found = client.call("conducky.Target")
            if found["stack"] == stack:
                prefix = str(found["outputs"].get("name_prefix", f"conducky-{stack}-"))
                names = Names(prefix.removesuffix(f"-{stack}-"), stack)
                target = Target(stack, names, found["region"], found["account"], found["outputs"], rehearsal=client)
                return client, target
            others.add(str(found["stack"]))
    raise _none(f" of {stack}, only of {', '.join(sorted(others))}" if others else "")


def _none(more: str = "") -> UserError:
    return UserError(f"no rehearsal runs on this computer{more}", "start one in another terminal: `make rehearse`")


def _keep(params: dict[str, Any], context: dict[str, Any], **_more: object) -> None:
    context["request"] = dict(params)


def _with_times(found: dict[str, Any]) -> Any:  # noqa: ANN401  # of what JSON holds
    return datetime.fromtimestamp(found["$time"], UTC) if "$time" in found else found
