"""Scratch folders: private, removed at the end, and by others when their worker died."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mediaproc import settings as settings_module
from mediaproc_worker import workspace


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in {
        "DATABASE_URL": "postgresql://nowhere/none",
        "REDIS_URL": "redis://nowhere",
        "JWT_SECRET": "x" * 32,
        "WORKSPACE_DIR": str(tmp_path / "work"),
    }.items():
        monkeypatch.setenv(name, value)
    settings_module.settings.cache_clear()
    yield tmp_path / "work"
    settings_module.settings.cache_clear()


def test_a_workspace_is_private_and_removed_even_after_a_failure(base: Path) -> None:
    with pytest.raises(ZeroDivisionError), workspace.opened() as folder:
        (folder / "segment.m4s").write_bytes(b"x")
        assert folder.parent == base
        assert (base.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o700, 0o700)
        raise ZeroDivisionError
    assert not list(base.iterdir())


def test_only_the_folders_of_dead_workers_are_removed(base: Path) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    host = workspace._host()
    with workspace.opened() as mine:
        gone = base / f"{host}.{dead.stdout.strip()}.1700000000.abc"
        reused = base / f"{host}.{os.getpid()}.1700000000.abc"
        elsewhere = base / "another-host.1.1700000000.abc"
        foreign = base / "notes.txt"
        for folder in (gone, reused, elsewhere, foreign):
            folder.mkdir()
        assert workspace.remove_leftovers() == 2
        assert {mine, elsewhere, foreign} == set(base.iterdir())


def test_a_clock_that_is_set_anew_takes_no_folder_from_a_living_worker(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a process started is counted from the boot, whose time of day moves with the clock."""
    booted = psutil.boot_time()
    with workspace.opened() as mine:
        monkeypatch.setattr("psutil._psplatform.boot_time", lambda: booted + 3600)
        assert workspace.remove_leftovers() == 0
        assert list(base.iterdir()) == [mine]


def test_folders_of_other_hosts_go_when_no_attempt_can_be_that_old(base: Path) -> None:
    base.mkdir()
    old = base / "another-host.1.1700000000.abc"
    old.mkdir()
    os.utime(old, (0, 0))
    assert workspace.remove_leftovers() == 1
