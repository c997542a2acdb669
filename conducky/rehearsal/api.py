"""What a running rehearsal answers to commands in another terminal: AWS's own calls, over a socket in its run folder.

Only the owner of the run folder reaches the socket. A request is a line of JSON (`call`, such as `ecs.ListTasks`, and
`request`, as boto3 takes it), and so is the answer (`answer`, or `error` with AWS's code). A time is
`{"$time": seconds}`.
"""

import contextlib
import json
import socketserver
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from conducky.catalog.property_bag import Properties, bag, texts
from conducky.errors import UserError
from conducky.naming import LIVE_TAG
from conducky.rehearsal import SOCKET
from conducky.rehearsal.account import ResourceFailedError
from conducky.rehearsal.ecs_api import RefusedError
from conducky.rehearsal.rds_api import RdsApi
from conducky.rehearsal.stacks.layer_stack import LayerFailedError

_PERIOD_SECONDS: Final = 0.2


@dataclass
class RehearsalApi(RdsApi):
    """Answers the calls about one rehearsal. `deploy` brings a layer up with changed settings, replacing URNs."""

    deploy: Callable[[str, Mapping[str, str | None], Sequence[str]], None]
    _live: dict[str, list[tuple[float, str]]] = field(default_factory=dict[str, list[tuple[float, str]]])

    def __post_init__(self) -> None:
        super().__post_init__()
        self._note()

    @contextlib.contextmanager
    def served(self) -> Any:  # noqa: ANN401  # a generator
        """Answer until the end of the block."""
        path = self.rehearsal.folder.path / SOCKET
        path.parent.mkdir(mode=0o700)
        api = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    asked = json.loads(self.rfile.readline())
                    self.wfile.write(json.dumps(api.answer(asked["call"], asked["request"])).encode() + b"\n")

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        with Server(str(path), Handler) as server:
            threading.Thread(target=server.serve_forever, name="api", daemon=True).start()
            threading.Thread(target=self._watch, name="api watch", daemon=True).start()
            try:
                yield
            finally:
                server.shutdown()

    def _watch(self) -> None:
        """Note what is written and what is live, five times a second, until the rehearsal ends."""
        while not self.rehearsal.account.stopping.wait(_PERIOD_SECONDS):
            with contextlib.suppress(ResourceFailedError, OSError):  # Something is being replaced at this moment
                self._note()

    def _note(self) -> None:
        self.logs.note()
        for service in self.services.values():
            if service.steady and service.tasks:
                name, image = str(service.container["name"]), str(service.container["image"])
                if self._live.get(name, [(0.0, "")])[-1][1] != image:
                    self._live.setdefault(name, []).append((time.time(), image))

    def answer(self, call: str, request: Properties) -> Properties:
        """The answer to one call, or its error."""
        operation = getattr(self, f"_{call.replace('.', '_').lower()}", None)
        if operation is None:
            return {"error": {"Code": "NotRehearsed", "Message": f"a rehearsal does not play {call}"}}
        try:
            return {"answer": operation(request)}
        except RefusedError as error:
            return {"error": {"Code": error.code, "Message": str(error)}}
        except (UserError, LayerFailedError) as error:
            message = self.rehearsal.account.redact(str(error))
            return {"error": {"Code": "Failed", "Message": message}}

    # What only a rehearsal has

    def _conducky_target(self, _request: Properties) -> Properties:
        account = self.rehearsal.account
        outputs = self.rehearsal.layer("services").exports()
        outputs = {name: value for name, value in outputs.items() if isinstance(value, str)}
        urls = {f"{each}_url": self.rehearsal.url(each) for each in ("frontend", "backend")}
        return {
            "stack": self.rehearsal.stack,
            "region": account.place.region,
            "account": account.place.account_id,
            "outputs": {**outputs, **urls},
        }

    def _conducky_session(self, request: Properties) -> Properties:
        """How to run a command in a task's copy of its image."""
        service, task = self.task(str(request["task"]))
        return dict(self.fargate.command_in(service.container, task, texts(request, "command")))

    def _conducky_deploy(self, request: Properties) -> Properties:
        settings = {str(key): value for key, value in bag(request, "settings").items()}
        self.deploy(str(request["layer"]), settings, texts(request, "replace"))
        return {}

    def _conducky_known(self, request: Properties) -> Properties:
        """The type and id of each resource in a layer's state, and the settings that commands have changed."""
        layer = self.rehearsal.layer(str(request["layer"]))
        return {"resources": sorted(layer.known()), "changed": dict(layer.changed)}

    def _conducky_labels(self, request: Properties) -> Properties:
        return self.rehearsal.stand_ins.images.labels.get(str(request["digest"]), {})

    def _ecr_describeimages(self, request: Properties) -> Properties:
        """What was live is tagged as `conducky verify` tags it."""
        wanted, details = str(request["repositoryName"]), list[Properties]()
        for proofs in self._live.values():
            repository, digests = proofs[0][1].partition("@")[0], {image.rpartition("@")[2] for _, image in proofs}
            if repository.split("/", 1)[1] != wanted:
                continue
            for image in self.rehearsal.stand_ins.images.registry.images(repository):
                if image.digest in digests:
                    live = [at for at, name in proofs if name.endswith(image.digest)]
                    tags = [f"{LIVE_TAG}{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}" for at in live]
                    details.append({"imageDigest": image.digest, "imageTags": [*sorted(image.tags), *tags]})
        return {"imageDetails": details}

    # What is around the services

    def _elbv2_describetargethealth(self, request: Properties) -> Properties:
        targets = self.rehearsal.stand_ins.load_balancers.server.target_health(str(request["TargetGroupArn"]))
        return {
            "TargetHealthDescriptions": [
                {
                    "Target": {"Id": f"{each.host}:{each.port}"},
                    "TargetHealth": {"State": each.state, "Reason": each.reason if each.state != "healthy" else ""},
                }
                for each in targets
            ]
        }

    def _logs_filterlogevents(self, request: Properties) -> Properties:
        group, since = str(request["logGroupName"]), float(request.get("startTime") or 0)
        application = self._application(group)
        ident = str(request.get("logStreamNamePrefix", "")).rpartition("/")[2]
        return {
            "events": [
                {
                    "eventId": f"{task}-{number}",
                    "logStreamName": f"{application}/{application}/{task}",
                    "timestamp": at,
                    "message": self.rehearsal.account.redact(text),
                }
                for task, number, at, text in self.logs.lines(application)
                if at >= since and task.startswith(ident)
            ]
        }

    def _logs_getlogevents(self, request: Properties) -> Properties:
        """One task's log, page by page; without `startFromHead` the last lines, as many as `limit` says."""
        task = str(request["logStreamName"]).rpartition("/")[2]
        application = self._application(str(request["logGroupName"]))
        begin, has_ended = int(request.get("nextToken") or 0), self.has_ended(task)
        lines, end = self.logs.page(application, task, begin, has_ended=has_ended)
        if not request.get("startFromHead"):
            while (more := self.logs.page(application, task, end, has_ended=has_ended))[1] > end:
                lines, end = [*lines, *more[0]], more[1]
            lines = lines[-int(request.get("limit") or len(lines) or 1) :]
        at = int(time.time() * 1000)
        said = self.rehearsal.account.redact("\n".join(lines)).split("\n") if lines else []
        return {"events": [{"timestamp": at, "message": text} for text in said], "nextForwardToken": str(end)}

    def _application(self, group: str) -> str:
        """The container whose log group this is."""
        for name, service in self.services.items():
            if name == group:
                return str(service.container["name"])
        raise RefusedError("ResourceNotFoundException", "The specified log group does not exist.")
