"""npm's cache for builds: packages are downloaded once, and the person's own cache and settings stay as they are."""

from pathlib import Path

from conducky.cache import cache_folder
from conducky.rehearsal.processes.run_folder import RunFolder
from conducky.rehearsal.processes.trees import copy_tree
from conducky.rehearsal.processes.user import give


def npm_cache(folder: RunFolder) -> Path:
    """The folder that a build's npm keeps packages in; for root's builds, one that their user can reach."""
    kept = _kept()
    if folder.user is None:
        return kept
    ours = folder.own_folder("builds", "npm")
    copy_tree(kept, ours)  # npm checks what it takes from there by the lock file's hashes
    give(ours, folder.user)
    return ours


def keep_npm_cache(cache: Path) -> None:
    """Keep what a build downloaded."""
    if cache != _kept():
        copy_tree(cache, _kept())


def _kept() -> Path:
    folder = cache_folder() / "npm"
    folder.mkdir(exist_ok=True)
    return folder
