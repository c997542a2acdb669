"""The images that a person's source can build, and which of them is the frontend and which the backend."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from conducky.adoption.candidate import Candidate
from conducky.adoption.compose import of_compose
from conducky.adoption.context import context_of
from conducky.adoption.copilot import of_copilot
from conducky.adoption.declared import Declared
from conducky.adoption.source import Source, source_of
from conducky.adoption.tree import Tree
from conducky.adoption.words import FILES, ROLES
from conducky.errors import UserError
from conducky.rehearsal.images.dockerfile import parse_dockerfile
from conducky.rehearsal.images.stage import used_stages

APPLICATIONS: Final = ("frontend", "backend")
_BESIDE: Final = re.compile("|".join(FILES["beside"]), re.IGNORECASE)
_WITHOUT: Final = {
    "worker": ": set `worker` in services for it, as docs/your-applications.md shows",
    "static site": ", neither frontend nor backend",
}


def candidates(tree: Tree, environment: str) -> list[Candidate]:
    """Every Dockerfile of a tree that is deployed, also as Copilot's environment of this name declares it.

    Raises:
        UserError: there is none.
    """
    found = [*of_copilot(tree, environment), *of_compose(tree)]
    files = [*tree.named("Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile")]
    for each in found:
        if each.dockerfile and each.dockerfile not in files:
            tree.notes.append(
                f"{each.file}: {each.name} is built from {each.dockerfile}, which is not among the files here"
            )
        elif each.image and not each.dockerfile:
            other = (
                "the deployment has a database" if "postgres" in each.image else "the deployment has nothing like it"
            )
            tree.notes.append(f"{each.file}: {each.name} is another's image, {each.image.partition('@')[0]}: {other}")
    made = [each for file in files for each in _of_file(tree, file, [one for one in found if one.dockerfile == file])]
    if not made:
        raise UserError(
            f"no Dockerfile of an application is in {', '.join(map(str, tree.folders))}",
            "write one for each application: docs/your-applications.md says what it needs",
        )
    return made


def choose(found: list[Candidate], wanted: Mapping[str, Path | None]) -> dict[str, Candidate]:
    """The frontend and the backend: those that `wanted` names by their Dockerfile, or else the only one of its role.

    Raises:
        UserError: there are several, or none, or no such Dockerfile.
    """
    chosen: dict[str, Candidate] = {}
    everything = ", ".join(each.shown() for each in found)
    for role, file in wanted.items():
        if file is not None:
            named = [each for each in found if each.path == file.resolve()]
            if not named:
                raise UserError(f"--{role} is {file}, which is not a Dockerfile here", f"choose one of {everything}")
            chosen[role] = named[0]
    # Last the only one of which nothing tells what it is, if only one application is missing
    for role, wanted_role in (
        (each, kind) for kind in (*APPLICATIONS, "") for each in APPLICATIONS if kind in (each, "")
    ):
        left = [each for each in found if each.role == wanted_role and each not in chosen.values()]
        if role in chosen or not left:
            continue
        if len(left) > 1 or not (wanted_role or chosen):
            several = ", ".join(each.shown() for each in left)
            if len(left) > 1:
                raise UserError(f"{several} could be the {role}", f"name one, as in `--{role} {left[0].pasted()}`")
            ways = " or ".join(f"`--{each} {left[0].pasted()}`" for each in APPLICATIONS)
            raise UserError(f"nothing tells what {several} is", f"use {ways}")
        chosen[role] = left[0]
    if not chosen:
        raise UserError(f"neither a frontend nor a backend is in {everything}", f"use `--backend {found[0].pasted()}`")
    return chosen


def _of_file(tree: Tree, file: Path, uses: list[Declared]) -> Iterator[Candidate]:
    """One candidate for each stage that is declared, or one; none for a worker or for development."""
    folder = next(each for each in tree.folders if file.is_relative_to(each))
    beside = [each for each in file.relative_to(folder).parent.parts if _BESIDE.fullmatch(each)]
    development = {*FILES["development"]} & {*re.split(r"[.-]", file.name.lower())}
    if not uses and (beside or development):
        by = f"its folder {beside[0]}" if beside else "its name"
        tree.notes.append(f"{file} is not for a deployment, by {by}: it was left out")
        return
    for use in uses:  # One image often runs a worker beside the backend
        use.role = use.role or ("worker" if use.name in ROLES["worker"]["names"] else "")
    own = [use for use in uses if use.role not in _WITHOUT]
    tree.notes += [f"{use.file}: {use.name} is a {use.role}{_WITHOUT[use.role]}" for use in uses if use not in own]
    for target in sorted({use.target for use in own}) or ([] if uses else _applications(tree, file)):
        try:
            found = candidate_of(tree, file, target, tuple(use for use in own if use.target == target))
        except (UserError, OSError, ValueError) as error:
            problem = f"{file} is not UTF-8" if isinstance(error, UnicodeDecodeError) else error
            tree.notes.append(f"{problem}: {file} was left out")
            continue
        if found.role == "worker":
            tree.notes.append(f"{file} is a worker ({found.role_why}){_WITHOUT[found.role]}")
            continue
        yield found


def candidate_of(tree: Tree, file: Path, target: str, uses: tuple[Declared, ...]) -> Candidate:
    """What a Dockerfile, or one stage of it, builds, as it is declared.

    Raises:
        UserError: the Dockerfile is wrong, or has no such stage.
        OSError, ValueError: it cannot be read.
    """
    stages = parse_dockerfile(tree.root / file, {}, target=target, to_build=False)
    said = next((use for use in uses if use.context is not None), None)
    context, why = (said.context, f"{said.file} says so") if said and said.context else context_of(tree, file)
    names = {target, *(use.name for use in uses), *re.split(r"[.-]", file.name.lower())} - {""}
    folders = [each.parent for each in tree.named("package.json", below=context) if each.parent != file.parent]
    beside = [each for each in folders if each.name in {*names, file.parent.name}]
    manifest, workspaces = file.parent / "package.json", file.parent / "pnpm-workspace.yaml"
    is_own = manifest in tree.known and not (workspaces in tree.known or "workspaces" in tree.packages[file.parent])
    folder = file.parent if is_own else next(iter(beside), context)
    is_shared = not is_own and folder != file.parent and not beside
    source = source_of(tree, folder)
    role, role_why = _role({*names, file.parent.name, folder.name}, uses, source, is_shared=is_shared)
    return Candidate(tree, file, target, stages, uses, context, why, source, role, role_why)


def _applications(tree: Tree, file: Path) -> list[str]:
    """The stages of a Dockerfile that are several applications, by their names; else only its last."""
    try:
        stages = parse_dockerfile(tree.root / file, {}, to_build=False)
    except (UserError, OSError, ValueError):
        return [""]  # which says why
    used = {stage.base for stage in stages} | {number for stage in stages for number in used_stages(stage.steps)}
    known = {name for role in ROLES.values() for name in role["names"]}
    found = [stage.name for number, stage in enumerate(stages) if number not in used and stage.name in known]
    return found if len(found) > 1 else [""]


def _role(names: set[str], uses: tuple[Declared, ...], source: Source, *, is_shared: bool) -> tuple[str, str]:
    """The likeliest role with its reason, or none: what Copilot says, a worker's name, the packages, a name.

    A name comes first where the package.json is shared, since it has the packages of all applications, and where the
    packages are those of both, as of a server that sends pages.
    """
    for use in uses:
        if use.role:
            return use.role, f"{use.file} says so"
    if worker := sorted(names & {*ROLES["worker"]["names"]}):
        return "worker", f"it is named {worker[0]}"
    known = {role: sorted(names & {*ROLES[role]["names"]}) for role in APPLICATIONS}
    by_name = next(((role, f"it is named {found[0]}") for role, found in known.items() if found), ("", ""))
    of_both = all(source.packages & {*ROLES[role]["packages"]} for role in APPLICATIONS)
    is_clear = of_both and not all(known.values()) and "next" not in source.packages
    if by_name[0] and (is_shared or is_clear):
        return by_name
    # Next.js beside a database's client is still what answers with pages
    for role in ("frontend", "backend") if "next" in source.packages else ("backend", "frontend"):
        if packages := sorted(source.packages & {*ROLES[role]["packages"]}):
            return role, f"package.json has {packages[0]}"
    return by_name
