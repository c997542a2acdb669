"""The checks of every deployment, whatever its applications do; the list of all checks, and what runs it."""

from collections.abc import Callable, Iterator, Mapping

import httpx
import psycopg.errors

from conducky.errors import UserError
from conducky.images.prisma import find_migrations, migration_names
from conducky.rehearsal.checks import sample_app
from conducky.rehearsal.checks.check import CheckedDeployment, CheckFailedError, CheckResult, Note
from conducky.rehearsal.wildcards import matches_wildcards
from conducky.settings.application import plain_path
from conducky.settings.entrance import CLEAR_TEXT

_REDIRECTS, _BAD_REQUEST, _SERVER_ERROR = 5, 400, 500
_KIB = 1024
_APPLIED = 'SELECT migration_name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL'


def page(checked: CheckedDeployment) -> str:
    """The load balancer serves the frontend's page, after redirects to itself."""
    with checked.client() as client:
        answer, ways = client.get("/"), 0
        while answer.is_redirect and answer.next_request and ways < _REDIRECTS:
            location = answer.headers["location"]
            if answer.next_request.url.netloc != answer.request.url.netloc or not checked.url.startswith(
                f"{answer.next_request.url.scheme}:"
            ):
                raise CheckFailedError(
                    f"GET / answered {answer.status_code} to {location}, where nothing of this answers"
                )
            answer, ways = client.send(answer.next_request), ways + 1
    if answer.status_code >= _BAD_REQUEST:
        log = checked.error_of("frontend")
        raise CheckFailedError(f"GET {answer.request.url.path} answered {answer.status_code} ({_kind(answer)}){log}")
    size = len(answer.content)
    shown = f"{size} bytes" if size < _KIB else f"{size / _KIB:.0f} KiB"
    return f"{shown}, {_kind(answer)}"


def encrypted(checked: CheckedDeployment) -> str:
    """With HTTPS, browsers that come by HTTP are sent to it, and learn to use nothing else."""
    if checked.url.startswith("http:"):
        return Note(CLEAR_TEXT)
    for application, client in checked.clients():
        url = checked.http_urls[application]
        answer = client.get(url or "", follow_redirects=False)
        if not answer.headers.get("location", "").startswith(f"{client.base_url}".rstrip("/")):
            raise CheckFailedError(f"{url} answered {answer.status_code}, and does not lead to {client.base_url}")
        if not client.get("/").headers.get("strict-transport-security"):
            raise CheckFailedError(f"{client.base_url} sends no Strict-Transport-Security")
    return "HTTP leads to HTTPS, and browsers stay with it"


def backend_answers(checked: CheckedDeployment) -> str:
    """Each of the backend's paths leads to it, and it answers without an error of its own."""
    with checked.api() as api:
        for path in map(plain_path, checked.settings.backend.paths):
            answer = api.get(path)
            if answer.status_code >= _SERVER_ERROR:
                raise CheckFailedError(_server_error(checked, "backend", path, answer))
    return f"at {', '.join(checked.settings.backend.paths)}"


def _server_error(checked: CheckedDeployment, application: str, path: str, answer: httpx.Response) -> str:
    wanted = "it should answer a path that it does not have with 404"
    return f"GET {path} answered {answer.status_code} ({_kind(answer)}): {wanted}{checked.error_of(application)}"


def unknown_paths(checked: CheckedDeployment) -> str:
    """A path that does not exist is an answer to both applications, and no error."""
    seen: list[str] = []
    for application, client in checked.clients():
        path = plain_path(checked.settings.backend.paths[0]) if application == "backend" else "/"
        unknown = f"{path.rstrip('/')}/no/such/path"
        if checked.runs(application):
            answer = client.get(unknown)
            if answer.status_code >= _SERVER_ERROR:
                raise CheckFailedError(_server_error(checked, application, unknown, answer))
            seen.append(f"{answer.status_code} from the {application}")
    return ", ".join(seen)


def revision(checked: CheckedDeployment) -> str:
    """An application that names its revision names the one that runs; it need not name any."""
    seen: list[str] = []
    for application, client in checked.clients():
        path = plain_path(checked.settings.backend.paths[0]) if application == "backend" else "/"
        named = client.get(path).headers.get("x-revision") if checked.runs(application) else None
        arn = checked.outputs.get("services", {}).get(f"{application}_task_definition_arn")
        definition = checked.account.find("aws:ecs/taskDefinition:TaskDefinition", arn=arn) if named and arn else None
        if definition and f'"value": "{named}"' not in str(definition["containerDefinitions"]).replace('":"', '": "'):
            raise CheckFailedError(f"the {application} answers as {named}, which is not the revision that runs")
        seen += [application] if named else []
    return f"by {' and '.join(seen)}" if seen else "by neither: `make verify` proves a release by ECS alone"


def own_routes(checked: CheckedDeployment) -> str:
    """Routes of a Next.js frontend that the load balancer gives to the backend, which never sees them, are named."""
    folder = checked.account.root / checked.settings.frontend.context
    swallowed: list[str] = []
    for app in (folder / "app", folder / "src" / "app", folder / "pages", folder / "src" / "pages"):
        pattern = "*" if app.name == "pages" else "route.*"
        for file in sorted(app.rglob(pattern)) if app.is_dir() else ():
            route = file.relative_to(app).parent if app.name == "app" else file.relative_to(app).with_suffix("")
            path = "/" + "/".join(part for part in route.parts if not part.startswith(("(", "@")))
            if file.is_file() and any(matches_wildcards(each, path) for each in checked.settings.backend.paths):
                swallowed.append(f"{path} ({file.relative_to(checked.account.root)})")
    told = f"the backend gets {', '.join(swallowed)}: move the route, or change `backend.paths`"
    return told if swallowed else "none goes to the backend"


def egress(checked: CheckedDeployment) -> str:
    """The ports that tasks tried, and that AWS would block, are named; nothing is blocked here."""
    blocked = [
        f"the {name} tried port {port}, which AWS blocks: add it to `{name}.egress` in the settings of services"
        for name, application in (("frontend", checked.settings.frontend), ("backend", checked.settings.backend))
        for port in sorted({*checked.tried.get(name, ())} - {*application.egress})
    ]
    return "; ".join(blocked) or "nothing was tried that AWS blocks"


def migrations(checked: CheckedDeployment) -> str:
    """The database has applied every migration in the repository."""
    folder = find_migrations(checked.backend_folder, checked.backend_folder / checked.settings.backend.dockerfile)
    if folder is None or checked.settings.backend.migrations == "none":
        return "none of Prisma was found"
    wanted = {*migration_names(folder)}
    server = checked.databases.in_use()
    if server is None:
        raise CheckFailedError("there is no database")
    try:
        applied = {str(row[0]) for row in server.execute(_APPLIED)}
    except psycopg.errors.UndefinedTable:
        log = checked.error_of("backend")
        why = f"they failed{log}" if log else "nobody ran them: see `backend.migrations` in the settings of services"
        raise CheckFailedError(why) from None
    if applied != wanted:
        where = folder.relative_to(checked.account.root)
        log = checked.error_of("backend")
        raise CheckFailedError(f"applied {sorted(applied)}, and {where} holds {sorted(wanted)}{log}")
    return f"{len(applied)} of {len(wanted)}, newest {max(applied)}"


def targets(checked: CheckedDeployment) -> str:
    """The load balancer finds every task healthy."""
    found = checked.load_balancers.server.all_targets()
    for target in found:
        if target.state != "healthy":
            raise CheckFailedError(f"a target is {target.state}: {target.reason}")
    return f"{len(found)} of {len(found)}"


def users(checked: CheckedDeployment) -> str:
    """No application runs as root. What an image without `id` runs as is not seen."""
    seen: list[str] = []
    for name in filter(checked.runs, ("frontend", "backend")):
        try:
            user = checked.execute(name, "id", "-u").strip()
        except UserError:
            user = "unknown, its image has no `id`"
        if user == "0":
            raise CheckFailedError(f"the {name} runs as root: write USER in its Dockerfile, or set `{name}.user`")
        seen.append(f"{name} {user}")
    return ", ".join(seen)


def stops_in_time(stops: Mapping[str, bool]) -> CheckResult:
    """The applications end when they get their stop signal; seen at each release, and at the end."""
    late = " and the ".join(sorted(name for name, in_time in stops.items() if not in_time))
    seen = ", ".join(sorted(stops))
    problem = f"the {late} did not end within 30 s of SIGTERM: on AWS it is killed then, and requests are lost"
    return CheckResult("ends on SIGTERM", ok=not late, detail=problem if late else seen)


def secrets(checked: CheckedDeployment) -> str:
    """No secret value is in anything that outlives a deployment or is shown to people."""
    places = {f"the exports of {layer}": str(outputs) for layer, outputs in checked.outputs.items()}
    places |= {f"the state file {name}": text for name, text in checked.states.items()}
    for log in sorted(checked.logs.glob("*.log")):
        places[f"the log {log.name}"] = log.read_text(encoding="utf-8", errors="replace")
    values = checked.account.secrets()
    for what, value in values.items():
        for place, text in places.items():
            if value in text:
                raise CheckFailedError(f"{what} was found in {place}")
    return f"{len(values)} secrets in {len(places)} places"


_Check = tuple[str, Callable[[CheckedDeployment], str], str]  # its name, and the application that it needs

# What every application keeps, whatever it does.
_CONTRACT: tuple[_Check, ...] = (
    ("page served", page, "frontend"),
    ("encrypted on the way", encrypted, ""),
    ("backend answers", backend_answers, "backend"),
    ("unknown paths answered", unknown_paths, ""),
    ("revision named", revision, ""),
    ("frontend's own routes", own_routes, "frontend"),
    ("migrations applied", migrations, "backend"),
    ("outgoing connections", egress, ""),
    ("targets healthy", targets, ""),
    ("no task runs as root", users, ""),
)
_SAMPLE: tuple[_Check, ...] = (
    ("API answered from the database", sample_app.status, "backend"),
    ("report filed, and shown to its reporter only", sample_app.report, "backend"),
    ("administrator invited", sample_app.administrator, "backend"),
    ("what is not there is not found", sample_app.unknown_paths, "backend"),
)
# Last: it also searches what the applications logged about the requests above.
_LAST: tuple[_Check, ...] = (("no secret in exports, state or logs", secrets, ""),)


def run_checks(checked: CheckedDeployment) -> Iterator[CheckResult]:
    """Every check in turn, each with its result; one that fails, however it does, does not stop the others."""
    if checked.stops:
        yield stops_in_time(checked.stops)
    for name, check, application in (*_CONTRACT, *(_SAMPLE if checked.is_sample() else ()), *_LAST):
        if application and (idle := checked.idle(application)):
            yield CheckResult(name, ok=True, detail=f"not checked: {idle}", noted=True)
            continue
        try:
            seen = check(checked)
            yield CheckResult(name, ok=True, detail=str(seen), noted=isinstance(seen, Note))
        except Exception as error:  # noqa: BLE001  # each is a result and not the end of the rehearsal
            known = isinstance(error, CheckFailedError | httpx.HTTPError | UserError) and str(error)
            seen = str(error) if known else f"{type(error).__name__}: {error}"
            yield CheckResult(name, ok=False, detail=checked.account.redact(" ".join(seen.split())))


def _kind(answer: httpx.Response) -> str:
    return answer.headers.get("content-type", "no content type").partition(";")[0]
