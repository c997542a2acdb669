"""What in a person's Dockerfile, scripts and commands works on their computer, and not in the deployment."""

import posixpath
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

from conducky.adoption.candidate import Candidate
from conducky.adoption.commands import Commands
from conducky.adoption.lost_files import lost_files
from conducky.adoption.start_problems import start_problems
from conducky.adoption.web_server import unknown_hosts
from conducky.adoption.words import BUILDS, STARTS, TEXT, is_
from conducky.errors import UserError
from conducky.images.context import context_files
from conducky.rehearsal.images.stage import built_on, copies_of

_OPERATORS: Final = frozenset({"&&", "||", ";", "|", "&"})
_BETWEEN: Final = re.compile(r"&&|[;\n]")
_ALLOWED: Final = re.compile(r"[^;\n&|]{0,200}\|\|\s*(?:true\b|:|echo\b)")
_PLACEHOLDERS: Final = re.compile(r"|change.?me|.*(your|example|placeholder|todo|xxx|<|\$\{).*", re.IGNORECASE)


def problems_of(found: Candidate) -> Iterator[str]:
    """Each with where it is, and what to do."""
    yield from _needing_root(found)
    yield from _without_shell(found)
    yield from _late_arguments(found)
    for each in found.at_start:
        yield from _waiting(each)
        for pattern, problem in STARTS:
            if match := each.find(pattern):
                yield f"{each.at(match)} runs `{_words(match)}`, {problem}"
    yield from start_problems(found)
    for each in found.in_build:
        for pattern, problem in BUILDS:
            if (match := each.find(pattern)) and not _may_fail(match):
                yield f"{each.at(match)} runs `{_words(match)}` {problem}"
    yield from _secret_files(found)
    yield from lost_files(found)
    yield from unknown_hosts(found)


def _may_fail(match: re.Match[str]) -> bool:
    """Whether a command has a database of its own, or goes without it."""
    before = _BETWEEN.split(match.string[: match.start()])[-1]
    after = _ALLOWED.match(match.string, match.end())
    return "DATABASE_URL=" in before or before.lstrip().startswith("!") or bool(after)


def _words(match: re.Match[str]) -> str:
    return " ".join(re.findall(r"[\w:./@-]+", match[0]))


def _needing_root(found: Candidate) -> Iterator[str]:
    """An image of a web server that begins as root and changes to its own user, as no task can."""
    server = TEXT["server_image"].match(found.base)
    if server and found.is_root:
        instead = "nginxinc/nginx-unprivileged, which listens on 8080" if server[1] == "nginx" else "one that does not"
        yield f"{found.line('FROM')} is {found.base}, which starts as root, and no task does: build on {instead}"


def _late_arguments(found: Candidate) -> Iterator[str]:
    """Build arguments for a page that are declared where its build does not see them."""
    declared: dict[str, list[tuple[int, int]]] = {}
    builds: dict[int, int] = {}
    stage = -1
    for each in found.instructions:
        if each.name == "FROM":
            stage += 1
        elif each.name == "RUN" and TEXT["builds"].search(" ".join(each.args)):
            builds.setdefault(stage, each.start_line)
        elif each.name == "ARG":
            for name in (word.partition("=")[0] for word in each.args):
                if is_("built", name):
                    declared.setdefault(name, []).append((stage, each.start_line))
    for name, places in declared.items():
        seen = any(
            line < build if place == built else built < len(found.stages) and place in built_on(found.stages, built)
            for built, build in builds.items()
            for place, line in places
        )
        if builds and not seen:
            yield (
                f"ARG {name} in {found.dockerfile}:{places[0][1]} does not reach the build in line "
                f"{min(builds.values())}: write it in that stage, above the build"
            )


def _without_shell(found: Candidate) -> Iterator[str]:
    """A command in brackets, which no shell reads."""
    start = found.start
    if sign := next((word for word in start if word in _OPERATORS), None):
        yield (
            f"{found.start_line} is a list, which no shell reads: `{sign}` and what follows become arguments of "
            f"`{start[0]}`. Write it without brackets, quotes and commas"
        )
    elif start and re.search(r"\s", start[0].strip()):
        yield (
            f"{found.start_line} is a list of one text, which would be a program's name: write it without brackets and "
            "quotes"
        )


def _waiting(each: Commands) -> Iterator[str]:
    """A script that waits for a host of docker-compose.yml, which never answers."""
    for match in TEXT["waits"].finditer(each.run):
        words = match["rest"].replace('"', "").replace("'", "").split()
        hosts = [host[1] for word in words if (host := TEXT["host_of_port"].fullmatch(word))]
        hosts += [after for word, after in pairwise(words) if word in ("-h", "--host")]
        if match["program"] in ("nc", "ncat"):
            hosts += [word for word in words if not word.startswith(("-", "<", ">")) and not word.isdigit()]
        host = next((host for host in hosts if host), "")
        by_variable = host.startswith("$")
        if not host or is_("local", host) or "." in host or (by_variable and "DATABASE_URL" in each.text):
            continue
        unknown = "which the deployment does not set" if by_variable else "a host that the deployment does not have"
        yield (
            f"{each.at(match)} waits with `{match['program']}` for `{host}`, {unknown}: remove it, since the "
            "database is there before a task starts"
        )
        return


def _secret_files(found: Candidate) -> Iterator[str]:
    """Files such as `.env` that become part of the image and hold what looks like secrets."""
    sources = [
        posixpath.normpath(source.lstrip("/") or ".")
        for step in found.image_steps
        for copy in copies_of(step)
        if copy.stage is None
        for source in copy.sources
    ]
    here = found.tree.root / found.context
    files = [*found.tree.named(".env", ".env.*", below=found.context)] if sources else []
    try:
        sent = frozenset(context_files(here, found.path) if files else ())
    except UserError:  # Which the build says
        return
    for file in files:
        name = file.relative_to(found.context)
        is_copied = any(source in (".", str(name)) or name.is_relative_to(source) for source in sources)
        if is_copied and str(name) in sent and (secrets := _secrets_in(found.tree.text(file))):
            ignore = Path(found.context, ".dockerignore")
            yield (
                f"{file} has values of {', '.join(secrets)}, and becomes part of the image, where all who can pull it "
                f"can read them: add `{'**/' if name.parent.parts else ''}{name.name}` to {ignore}"
            )


def _secrets_in(text: str) -> list[str]:
    """The names of a file's variables that have a value and are named as secrets, without any value."""
    pairs = re.findall(r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*[\"']?([^\"'\n]*)", text)
    return sorted(
        name
        for name, value in {name: value.strip() for name, value in pairs}.items()
        if not _PLACEHOLDERS.fullmatch(value)
        and (name == "DATABASE_URL" or (is_("secret", name.upper()) and not is_("not_secret", name.upper())))
    )
