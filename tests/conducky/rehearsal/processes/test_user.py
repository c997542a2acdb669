"""Whom builds and tasks run as, and what that user can reach."""

import os
import tempfile
from pathlib import Path

import pytest

from conducky.errors import UserError
from conducky.rehearsal.processes import user
from conducky.rehearsal.processes.run_folder import RunFolder, check_parent

pytestmark = pytest.mark.engine

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as another user")


def test_a_person_who_is_not_root_stays_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert user.unprivileged_user() is None


def run(folder: RunFolder, script: str) -> str:
    """What a script prints as the user of builds and tasks."""
    process = folder.start(
        "script", ["/bin/sh", "-c", script], env={"PATH": os.defpath}, cwd=folder.path, run_as=folder.user
    )
    process.wait(20)
    return process.tail().splitlines()[-1]


@root_only
def test_roots_tasks_run_as_a_user_without_rights_or_groups(run_folder: RunFolder) -> None:
    number = run_folder.user
    assert number
    assert run(run_folder, "id -u; id -G") == str(number)


@root_only
def test_no_part_of_the_run_folder_is_open_to_others(run_folder: RunFolder) -> None:
    theirs = run_folder.own_folder("tasks", "backend")
    status = theirs.stat()
    assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o700, run_folder.user, run_folder.user)
    assert run_folder.path.stat().st_mode & 0o777 == 0o711
    assert theirs.parent.stat().st_mode & 0o777 == 0o711
    assert run(run_folder, f"touch '{theirs}/x' && ls '{theirs}'") == "x"
    assert "denied" in run(run_folder, f"ls '{run_folder.path}' 2>&1")
    assert "denied" in run(run_folder, f"cat '{run_folder.path}/logs/script.log' 2>&1")


@root_only
def test_a_strict_umask_closes_nothing_to_the_user_of_builds_and_tasks(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    before = os.umask(0o077)
    try:
        (tools / "bin").mkdir(parents=True)
        (tools / "bin" / "tool").write_text("#!/bin/sh\necho works\n")
        (tools / "bin" / "tool").chmod(0o700)
        with RunFolder.create() as folder:
            theirs, copy = folder.own_folder("builds", "b"), folder.within_reach(tools)
            assert run(folder, f"touch '{theirs}/x' && ls '{theirs}' && '{copy}/bin/tool'") == "works"
    finally:
        os.umask(before)
    assert (tools / "bin" / "tool").stat().st_mode & 0o777 == 0o700, "the person's own stays as it was"


@root_only
def test_a_closed_temporary_folder_is_refused_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_parent()
    (tmp_path / "closed").mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "closed"))
    with pytest.raises(UserError) as refused:
        check_parent()
    assert "TMPDIR=/tmp" in refused.value.fix


@root_only
def test_tools_in_roots_home_are_brought_within_reach_once(run_folder: RunFolder, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    (tools / "bin").mkdir(parents=True)
    (tools / "bin" / "tool").write_text("#!/bin/sh\necho works\n")
    (tools / "bin" / "tool").chmod(0o755)
    (tools / "link").symlink_to("bin/tool")
    tmp_path.chmod(0o700)

    copy = run_folder.within_reach(tools)

    assert run(run_folder, f"'{copy}/link'") == "works"
    assert run_folder.within_reach(tools) == copy
    assert run_folder.within_reach(Path("/usr/bin")) == Path("/usr/bin")
