"""The bench's CPU quota, on made-up cgroup trees; and on this machine's own, where one can be set."""

import os
import subprocess
from pathlib import Path

import pytest

from tools.bench.cpu_quota import CpuQuota, NoQuotaError, cpu_quota

pytestmark = pytest.mark.engine


def version_2(root: Path, controllers: str) -> Path:
    (root / "cgroup.controllers").write_text("cpu memory\n")
    (root / "cgroup.subtree_control").write_text(f"{controllers}\n")
    return root


def version_1(root: Path) -> Path:
    (root / "cpu").mkdir()
    (root / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    (root / "cpuacct").mkdir()
    (root / "cpuacct" / "cpuacct.usage").write_text("0\n")
    return root


def test_version_2_is_one_file(tmp_path: Path) -> None:
    quota = CpuQuota.make("x", 0.25, version_2(tmp_path, "cpu memory"))
    assert quota.folders == (tmp_path / "conducky-bench-x",)
    assert (quota.folders[0] / "cpu.max").read_text() == "25000 100000"
    assert (quota.folders[0] / "memory.max").read_text() == str(512 * 2**20)


def test_version_1_is_two(tmp_path: Path) -> None:
    quota = CpuQuota.make("x", 1.0, version_1(tmp_path))
    assert quota.folders == tuple(tmp_path / name / "conducky-bench-x" for name in ("cpu", "cpuacct"))
    assert (quota.folders[0] / "cpu.cfs_quota_us").read_text() == "100000"
    assert (quota.folders[0] / "cpu.cfs_period_us").read_text() == "100000"


def test_processor_time_is_the_groups_own_count(tmp_path: Path) -> None:
    for name, file, text in (
        ("two", "cpu.stat", "usage_usec 2500000\nuser_usec 1\n"),
        ("one", "cpuacct.usage", "2500000000\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)
        assert CpuQuota((tmp_path / name,)).cpu_seconds() == 2.5


def test_version_1_without_a_count_of_processor_time(tmp_path: Path) -> None:
    (version_1(tmp_path) / "cpuacct" / "cpuacct.usage").unlink()
    with pytest.raises(NoQuotaError, match="no cpuacct controller"):
        CpuQuota.make("x", 0.25, tmp_path)


def test_what_a_killed_bench_left_is_removed(tmp_path: Path) -> None:
    old = version_1(tmp_path) / "cpu" / "conducky-bench-old"
    old.mkdir()
    CpuQuota.make("x", 1.0, tmp_path)
    assert not old.exists()


def test_a_controller_that_is_not_handed_down(tmp_path: Path) -> None:
    with pytest.raises(NoQuotaError, match="does not hand the cpu controller down"):
        CpuQuota.make("x", 0.25, version_2(tmp_path, "memory"))


def test_no_cgroups_as_on_macos(tmp_path: Path) -> None:
    with pytest.raises(NoQuotaError, match="offers no cpu controller"):
        CpuQuota.make("x", 0.25, tmp_path)


def test_a_group_that_cannot_be_made(tmp_path: Path) -> None:
    (version_1(tmp_path) / "cpu" / "conducky-bench-x").write_text("in the way")
    with pytest.raises(NoQuotaError, match=r"no cgroup can be made in .*/cpu \(File exists\)"):
        CpuQuota.make("x", 0.25, tmp_path)


def test_a_command_joins_the_groups_before_it_runs(tmp_path: Path) -> None:
    groups = (tmp_path / "cpu", tmp_path / "memory")
    for group in groups:
        group.mkdir()
    command = CpuQuota(groups).around(["/bin/sh", "-c", 'echo "$$ $1"', "sh", "two words"])
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(" ", 1)
    assert [(group / "cgroup.procs").read_text() for group in groups] == [printed[0]] * 2
    assert printed[1] == "two words\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_command_joins_as_root_and_runs_as_its_user(tmp_path: Path) -> None:
    command = CpuQuota((tmp_path,)).around(["sh", "-c", "id -u; id -G"], 61999)
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout.split()
    assert printed == ["61999", "61999"]
    assert (tmp_path / "cgroup.procs").exists()


def test_a_command_that_cannot_join_does_not_run(tmp_path: Path) -> None:
    command = CpuQuota((tmp_path / "gone",)).around(["/bin/echo", "ran"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "gone/cgroup.procs: No such file" in done.stderr


def test_on_this_machine_a_quota_limits_and_goes_away() -> None:
    try:
        with cpu_quota("test", 0.25) as quota:
            before = quota.cpu_seconds()
            subprocess.run(quota.around(["/bin/sh", "-c", "for n in $(seq 9999); do :; done"]), check=True)
            assert quota.cpu_seconds() > before
    except NoQuotaError as reason:
        pytest.skip(str(reason))
    assert not any(folder.exists() for folder in quota.folders)
