"""How many cores a quota leaves, from the files of cgroups of either version."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediaproc.settings import available_cores, cores_of_quota

V2, V1 = "proc/self/cgroup", "sys/fs/cgroup/cpu"


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 8),
        ({V2: "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, 8),
        ({V2: "0::/", "sys/fs/cgroup/cpu.max": "400000 100000"}, 4),
        ({V2: "0::/", "sys/fs/cgroup/cpu.max": "350000 100000"}, 3),
        ({V2: "0::/", "sys/fs/cgroup/cpu.max": "50000 100000"}, 1),
        ({V2: "0::/a/b", "sys/fs/cgroup/a/b/cpu.max": "max 100000", "sys/fs/cgroup/a/cpu.max": "200000 100000"}, 2),
        ({V2: "4:cpu,cpuacct:/x\n0::/", f"{V1}/cpu.cfs_quota_us": "300000", f"{V1}/cpu.cfs_period_us": "100000"}, 3),
        ({V2: "4:cpu,cpuacct:/", f"{V1}/cpu.cfs_quota_us": "-1", f"{V1}/cpu.cfs_period_us": "100000"}, 8),
        ({V2: "9:cpuset:/", f"{V1}/cpu.cfs_quota_us": "300000", f"{V1}/cpu.cfs_period_us": "100000"}, 8),
        ({V2: "nonsense"}, 8),
    ],
    ids=[
        "none",
        "no limit",
        "whole",
        "rounded down",
        "half",
        "of a parent",
        "version 1",
        "unlimited 1",
        "other",
        "odd",
    ],
)
def test_a_quota_leaves_whole_cores(tmp_path: Path, files: dict[str, str], cores: int) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    assert cores_of_quota(tmp_path, fallback=8) == cores


def test_there_is_always_a_core() -> None:
    assert available_cores() >= 1
