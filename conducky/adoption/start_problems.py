"""What the start of a container does that goes wrong in a task, or goes wrong unnoticed."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from tree_sitter import Node

from conducky.adoption.candidate import Candidate
from conducky.adoption.commands import Commands
from conducky.adoption.shell import HARMLESS, ancestors, ignored_failure, line_of, name_of, program_of, text_of
from conducky.adoption.words import ROOT_PROGRAMS, TEXT
from conducky.rehearsal.images.stage import ROOT_USERS, Run, copies_of

_MOST: Final = 50  # commands of a script that are examined
_ASKS_FOR_ROOT: Final = re.compile(r"\bid\s+-\w*u|\$\{?E?UID\b|\bwhoami\b")
_COREPACK: Final = re.compile(r"\bcorepack\s+enable\b")
_BY_COREPACK: Final = re.compile(r"\b(?:pnpm|yarn)\b|\bcorepack\s+(?:prepare|install|use|pack)\b")


def start_problems(found: Candidate) -> Iterator[str]:
    """Each with where it is, and what to do."""
    yield from _without_prisma(found)
    yield from _downloads(found)
    for each in found.at_start:
        yield from _ignored_migrations(each, found)
        if found.is_root:
            yield from _needing_root(each, found)


def _ignored_migrations(each: Commands, found: Candidate) -> Iterator[str]:
    """The first command that runs migrations, after which the server starts whether or not they were applied."""
    migrating = (
        command
        for command in each.script.commands
        if name_of(command) not in HARMLESS and found.runs_migrations(text_of(command))
    )
    for command in islice(migrating, _MOST):
        if ignored := ignored_failure(each.script, command):
            yield (
                f"{each.at_line(line_of(command))} ignores it when `{_shown(command)}` fails ({ignored.why}): "
                f"{ignored.fix}, or a release whose migrations fail goes live without them"
            )
            return


def _needing_root(each: Commands, found: Candidate) -> Iterator[str]:
    """What worked in a container that ran as root."""
    for programs, fix in ROOT_PROGRAMS:
        named = (command for command in each.script.commands if program_of(command) in programs)
        if command := next((one for one in islice(named, _MOST) if not _is_left_out(one, each)), None):
            what = f"{each.at_line(line_of(command))} runs `{program_of(command)}`"
            yield f"{what}, which only root may, and no task runs as root: {fix}"
    writes = each.find(TEXT["generates"]) or each.find(TEXT["builds"])
    if writes and "chown" not in found.tree.text(found.dockerfile):
        yield (
            f"{each.at(writes)} runs `{' '.join(writes[0].split())}`, which writes into the image, where only root "
            "may, and no task runs as root: do it in the Dockerfile"
        )


def _is_left_out(command: Node, each: Commands) -> bool:
    """Whether a script asks first if it is root, or continues without what only root may."""
    if any(_ASKS_FOR_ROOT.search(text_of(outer)) for outer in ancestors(command) if outer.parent):
        return True
    return program_of(command) == name_of(command) and ignored_failure(each.script, command) is not None


def _shown(command: Node) -> str:
    """A command as a person finds it, in one line and without assignments, which may hold secrets."""
    words = (text_of(part) for part in command.named_children if not part.type.endswith("assignment"))
    return " ".join(" ".join(words).split())[:80]


def _downloads(found: Candidate) -> Iterator[str]:
    """A package manager that corepack gets again in each task: its copy from the build is in the home of another user.

    https://github.com/nodejs/corepack#environment-variables
    """
    runs = [step for step in found.image_steps if isinstance(step, Run)]
    own = (each.owner for each in runs if _BY_COREPACK.search(each.script))
    text = found.tree.text(found.dockerfile)
    if (
        not any(_COREPACK.search(each.script) for each in runs)
        or re.search(r"\bCOREPACK_HOME\b", text)
        or any(user.partition(":")[0] not in ROOT_USERS for user in own)
    ):
        return
    for each in found.at_start:
        for command in each.script.commands:
            if (name := program_of(command)) in ("pnpm", "yarn"):
                yield (
                    f"{each.at_line(line_of(command))} runs `{name}`, which corepack downloads again as each task "
                    f"starts: run `node` itself, or use `npm install --global {name}` in the Dockerfile"
                )
                return


def _without_prisma(found: Candidate) -> Iterator[str]:
    """Migrations with a Prisma that the image leaves out."""
    source = found.source
    is_left_out = "prisma" in source.development and "prisma" not in {*source.wanted, *source.shared}
    pruned = next((run for run in _installing(found) if _leaves_out(run)), None) if is_left_out else None
    if pruned and (where := found.starting("migrates")):
        yield (
            f"{where} runs Prisma, which {source.folder / 'package.json'} has in `devDependencies` and RUN in "
            f"{found.dockerfile}:{pruned.line} leaves out, so each task downloads the newest Prisma or has none: have "
            "it in `dependencies`"
        )


def _installing(found: Candidate) -> list[Run]:
    """The RUNs that make the image's `node_modules`, if none of them installs Prisma by its name."""
    copies = [copy for step in found.image_steps for copy in copies_of(step)]
    sources = [source for copy in copies for source in copy.sources]
    packages = [
        step
        for copy in copies
        if copy.stage is not None and any(source.rstrip("/").endswith("/node_modules") for source in copy.sources)
        for step in found.stages[copy.stage].steps
    ]
    runs = [step for step in (*found.image_steps, *packages) if isinstance(step, Run)]
    has_own = any(TEXT["installs_prisma"].search(run.script) for run in runs)
    return [] if has_own or any("node_modules/prisma" in source for source in sources) else runs


def _leaves_out(run: Run) -> bool:
    """Whether a RUN installs without devDependencies, or removes them."""
    installs = [match[0] for match in TEXT["installs"].finditer(run.script)]
    in_production = run.environment.get("NODE_ENV") == "production"
    return any(
        (in_production or TEXT["without_development"].search(each)) and not TEXT["with_development"].search(each)
        for each in installs
    )
