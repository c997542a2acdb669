"""The bench's CPU quota, on made-up cgroup trees; and on this machine's own, where one can be set."""

import subprocess
from pathlib import Path

import pytest

from tools.bench.cpu_quota import CpuQuota, NoQuotaError, cpu_quota


def version_2(root: Path, controllers: str) -> Path:
    (root / "cgroup.controllers").write_text("cpu memory\n")
    (root / "cgroup.subtree_control").write_text(f"{controllers}\n")
    return root


def version_1(root: Path) -> Path:
    (root / "cpu").mkdir()
    (root / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    return root


def test_version_2_is_one_file(tmp_path: Path) -> None:
    quota = CpuQuota.make("x", 0.25, version_2(tmp_path, "cpu memory"))
    assert (quota.folder / "cpu.max").read_text() == "25000 100000"
    assert quota.folder == tmp_path / "conducky-bench-x"


def test_version_1_is_two(tmp_path: Path) -> None:
    quota = CpuQuota.make("x", 1.0, version_1(tmp_path))
    assert (quota.folder / "cpu.cfs_quota_us").read_text() == "100000"
    assert (quota.folder / "cpu.cfs_period_us").read_text() == "100000"


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


def test_a_command_joins_the_group_before_it_runs(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").touch()
    command = CpuQuota(tmp_path).around(["/bin/sh", "-c", 'echo "$$ $1"', "sh", "two words"])
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(" ", 1)
    assert said == [(tmp_path / "cgroup.procs").read_text().strip(), "two words\n"]


def test_a_command_that_cannot_join_does_not_run(tmp_path: Path) -> None:
    command = CpuQuota(tmp_path / "gone").around(["/bin/echo", "ran"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode != 0, done.stdout) == (True, "")


def test_on_this_machine_a_quota_limits_and_goes_away() -> None:
    try:
        with cpu_quota("test", 0.25) as quota:
            assert quota.folder.is_dir()
    except NoQuotaError as reason:
        pytest.skip(str(reason))
    assert not quota.folder.exists()
