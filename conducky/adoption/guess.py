"""From what was found to settings, each with its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from conducky.adoption.candidate import Candidate
from conducky.adoption.problems import problems_of
from conducky.adoption.tree import as_number
from conducky.adoption.variables import Seen, problem_of, sorted_in
from conducky.adoption.web_server import template_variables
from conducky.adoption.words import ROLES, TEXT, is_health
from conducky.errors import UserError
from conducky.images.stages import base_of, stages_of
from conducky.settings.application import Application, Backend, Frontend, PathPattern
from conducky.settings.values import FARGATE_SIZES

KINDS: Final[Mapping[str, type[Application]]] = {"frontend": Frontend, "backend": Backend}
_MOST_PATHS: Final = 5  # of one listener rule
_MOST_TASKS: Final = 20  # of a service
_SLOW_START: Final = 300  # seconds
_VERIFIES: Final = 7  # the first Prisma that checks the database's certificate
_CLIENTS: Final = frozenset({"pg", "postgres", "prisma", "@prisma/adapter-pg"})  # of Postgres
_DEBUGGER: Final = 9229  # of Node.js, which an image has beside its own port
_MAIL_PORTS: Final = ("25", "465", "587", "2525")


@dataclass
class Guess:
    """The settings of one application (`own`) and those `beside` it, such as `backendCpu`; `why` has their reasons."""

    role: str
    own: dict[str, Any] = field(default_factory=dict[str, Any])
    beside: dict[str, Any] = field(default_factory=dict[str, Any])
    why: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])

    def put(self, key: str, value: object, why: str) -> None:
        """Add a setting, of the application if it has such a one."""
        self.why[key] = why
        (self.own if key in _KEYS else self.beside)[key] = value

    def put_first(self, key: str, found: Iterable[tuple[object, str]]) -> bool:
        """Add the first that is there; whether any is."""
        value, why = next(((value, why) for value, why in found if value), (None, ""))
        if value:
            self.put(key, value, why)
        return bool(value)

    def leave_out_refused(self) -> None:
        """Leave out what the settings would refuse, with a note that shows no value."""
        try:
            KINDS[self.role].model_validate(self.own)
        except ValidationError as error:
            for each in error.errors(include_input=False, include_url=False):
                key = str([*each["loc"], "variables"][0])  # Only they can be refused as a whole, for their size
                self.own.pop(key, None)
                self.why.pop(key, None)
                self.notes.append(f"`{self.role}.{key}` was left out: {each['msg']}")
            if {"context", "dockerfile"} - self.own.keys():
                problem = f"the path of the {self.role}'s Dockerfile cannot be a setting"
                raise UserError(problem, "rename its folder, with letters and digits only") from None


_KEYS: Final = frozenset(str(each.alias) for each in Backend.model_fields.values())


def guess(role: str, found: Candidate, everything: Mapping[str, Candidate]) -> Guess:
    """The settings of one application.

    Raises:
        UserError: its Dockerfile is outside of the folder that it is built from.
    """
    made = Guess(role, notes=[note for use in found.declared for note in use.notes])
    if not found.dockerfile.is_relative_to(found.context):
        where = f"{found.context}, from which it is built"
        raise UserError(f"{found.dockerfile} is outside of {where}", "move it into that folder")
    made.put("context", found.context.as_posix(), found.context_why)
    made.put(
        "dockerfile",
        found.dockerfile.relative_to(found.context).as_posix(),
        f"it is the {role}: {found.role_why or 'no other could be'}",
    )
    stages = (found.target, f"it is one of the applications in {found.dockerfile}")
    made.put_first("target", [*((use.target, str(use.file)) for use in found.declared), stages])
    made.put_first("command", [([*use.command], str(use.file)) for use in found.declared])
    _container(made, found)
    _variables(made, found, everything)
    if role == "backend":
        _paths(made, found)
        _migrations(made, found)
        _unread(made, found)
        if "frontend" not in everything and (pages := sorted(found.source.packages & {*ROLES["frontend"]["packages"]})):
            made.notes.append(
                f"{pages[0]} answers with pages, and there is no frontend: if it is your only application, set "
                '`backend.paths` to ["/*"] and `frontendCount` to 0'
            )
    elif found.source.schema or "DATABASE_URL" in found.source.variables:
        made.notes.append(
            "the frontend uses a database, and only the backend gets DATABASE_URL: if it is your only application, use "
            f'`--backend {found.pasted()}`, and set `backend.paths` to ["/*"] and `frontendCount` to 0'
        )
    if where := found.starting("builds"):
        made.put(f"{role}GraceSeconds", _SLOW_START, f"{where} builds it before it answers")
    _sizes(made, found)
    problems = [*problems_of(found)]
    made.notes += [*found.source.notes, *problems]
    if "command" in made.own and any(each.startswith(found.start_line) for each in problems):
        made.notes.append(f"`{role}.command` is a copy of that: once it is corrected, run `conducky adopt` again")
    made.leave_out_refused()
    return made


def _sizes(made: Guess, found: Candidate) -> None:
    """How large its tasks are, how many, and for which processor."""
    for use in found.declared:
        sizes = dict(use.beside)
        if sizes.get("Memory") not in FARGATE_SIZES.get(sizes.get("Cpu", 0), ()):
            sizes = {"Count": sizes["Count"]} if "Count" in sizes else {}
        for key, value in sizes.items():
            made.put(f"{made.role}{key}", min(value, _MOST_TASKS) if key == "Count" else value, str(use.file))
        if use.architecture:
            made.put("architecture", use.architecture, f"{use.file}, x86_64 where `platform` is left out")
    base = base_of(stages_of(found.path, found.build_args), found.target)
    if base and base.architecture == "x86_64":
        why = f"`{base.pinned}` in {found.dockerfile}:{base.line}; without it arm64 would do, which costs less"
        made.put("architecture", base.architecture, why)


def _unread(made: Guess, found: Candidate) -> None:
    """What a backend needs that cannot be seen in its files, or not here."""
    clients = sorted({*found.source.packages, *found.source.shared} & _CLIENTS)
    if clients and "NODE_EXTRA_CA_CERTS" not in found.stage.environment:
        made.notes.append(
            f"{clients[0]} checks the database's certificate, and {found.dockerfile} does not set NODE_EXTRA_CA_CERTS: "
            "docs/your-applications.md says how its image gets the certificates of RDS"
        )
    if not found.source.has_code:
        made.notes.append(
            f"only code for Node.js is read, and {found.source.folder} has none: set `variables`, `secrets` and "
            "`paths` by hand"
        )


def _container(made: Guess, found: Candidate) -> None:
    """Port, health path and user. What is deployed today wins over the image, the image over what runs locally."""
    stage, source = found.stage, found.source
    copilot = [use for use in found.declared if use.is_copilot]
    compose = [use for use in found.declared if not use.is_copilot]
    in_image, nginx = str(stage.environment.get("PORT", "")), 8080 if "unprivileged" in found.base else 80
    if not made.put_first(
        "port",
        [
            *((use.port, str(use.file)) for use in copilot),
            *found.started_port,
            *((port, found.line("EXPOSE")) for port in sorted(stage.exposed, key=_DEBUGGER.__eq__)),
            (as_number(in_image), found.line("ENV")),
            *((use.port, str(use.file)) for use in compose),
            (nginx if "nginx" in found.base else None, f"{found.base} listens on it"),
            source.listens or (None, ""),
        ],
    ):
        made.why["port"] = "nothing names one, and the server gets it as PORT"
    asked = TEXT["health_url"].search(found.instruction("HEALTHCHECK"))
    if not made.put_first(
        "healthPath",
        [
            *((use.health, str(use.file)) for use in copilot),
            ((asked["path"] or "/") if asked else "", found.line("HEALTHCHECK")),
            *((use.health, str(use.file)) for use in compose),
            (source.health[0], f"{source.health[1]} has that route") if source.health else ("", ""),
            ("/" if made.role == "frontend" else "", "no route for a health check was found, and the page answers"),
        ],
    ):
        made.notes.append("no route for a health check was found: answer 200 at /health, or set `healthPath`")
    if found.has_own_user:
        made.put("user", "image", f"{found.base} has its own")
    elif found.is_root:
        made.why["user"] = "the image names none, and no task runs as root: it can write only what 1000:1000 owns"
    elif stage.user not in ("1000", "1000:1000") and not (stage.user == "node" and "node" in found.base):
        made.put("user", "image", found.line("USER"))


def _variables(made: Guess, found: Candidate, everything: Mapping[str, Candidate]) -> None:
    seen: dict[str, Seen] = {}
    for use in found.declared:
        where = f"{use.file}"
        given = {name: Seen(None, where, is_secret=True) for name in use.secrets}
        given |= {name: Seen(value, where, is_trusted=use.is_copilot) for name, value in use.variables.items()}
        given |= {name: Seen(value, where, is_built_in=True) for name, value in use.build_args.items()}
        seen = {**given, **seen}
    read = (*found.source.variables.items(), *found.started_variables.items(), *template_variables(found))
    for name, (at, default) in read:
        seen.setdefault(name, Seen(None, at, is_optional=default or name in found.stage.environment))
    lists: dict[str, dict[str, str]] = {key: {} for key in ("variables", "buildArgs", "addresses", "buildAddresses")}
    why: dict[str, list[str]] = {key: [] for key in (*lists, "secrets")}
    secrets: list[str] = []
    for name, each in sorted(seen.items()):
        key, value, note = sorted_in(name, each, found, everything)
        if note:
            made.notes.append(f"{name} ({each.where}) {note}")
        if key == "secrets":
            secrets.append(name)
        elif key:
            lists[key][name] = value
        if key:
            why[key].append(f"{name}: {each.where}")
    for key, value in {**lists, "secrets": secrets}.items():
        made.put(key, value, "; ".join(why[key]))
    if ports := sorted({int(value) for value in lists["variables"].values() if value in _MAIL_PORTS}):
        made.put("egress", [443, *ports], "a variable names it, and only 443 is open by itself")


def _paths(made: Guess, found: Candidate) -> None:
    said = next((use for use in found.declared if use.paths), None)
    routes = sorted(
        each
        for each in found.source.routes
        if each != "/*" and not is_health(each.removesuffix("/*")) and not problem_of(PathPattern, each)
    )
    if said:
        made.put("paths", [*said.paths], f"`http.path` in {said.file}")
    elif len(routes) > _MOST_PATHS:
        some = ", ".join(routes[:_MOST_PATHS])
        made.notes.append(f"the code has {len(routes)} routes ({some}, ...), and `paths` takes {_MOST_PATHS}: set it")
    elif routes:
        made.put("paths", routes, "the routes in the code")
    elif found.source.has_code:
        made.notes.append("no path was found in the code: only /api/* goes to the backend, unless you set `paths`")


def _migrations(made: Guess, found: Candidate) -> None:
    source, start = found.source, found.start
    if not source.has_migrations:
        made.put("migrations", "none", f"{source.schema} has none beside it" if source.schema else "there is no Prisma")
        return
    if (
        source.prisma
        and int(source.prisma) < _VERIFIES
        and "@prisma/adapter-pg" not in {*source.packages, *source.shared}
    ):
        made.notes.append(
            f"Prisma {source.prisma} does not check the database's certificate, whatever DATABASE_URL asks"
        )
    version = f"Prisma {source.prisma or 'of an unknown version'}"
    if where := found.starting("migrates"):
        made.put("migrations", "entrypoint", f"{where} runs those of {version}")
    elif start != ("node",):  # The base image's own, where the Dockerfile has none
        made.put("migrations", "command", f"{version} has some ({source.schema}), and nothing at the start runs them")
        made.put("command", [*start], "what the image starts, after the migrations")
        if source.schema and not source.schema.is_relative_to(source.folder):
            made.notes.append(
                f"Prisma looks for its schema in WORKDIR: have a prisma.config.ts there, for {source.schema}"
            )
        if "prisma" not in {*source.wanted, *source.shared}:
            made.notes.append("the image needs `prisma` for its migrations: have it in `dependencies` of package.json")
    else:
        made.put("migrations", "none", f"nothing at the start runs those of {version}, and there is no CMD to wrap")
