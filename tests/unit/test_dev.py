"""The `dev` script, before there is anything else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from testing.waits import PATIENCE_SECONDS

DEV = Path(__file__).parents[2] / "dev"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with a few plain tools and no Python, and a fresh checkout on it."""
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cat", "cksum", "dirname"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    shutil.copy(DEV, tmp_path / "dev")
    for name in ("requirements.txt", "requirements-runtime.txt"):
        shutil.copy(DEV.parent / name, tmp_path / name)
    return tmp_path


def _run(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(machine / "bin")}
    return subprocess.run(
        [machine / "dev", *arguments], env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_without_a_python_it_says_what_is_needed_in_one_line(machine: Path) -> None:
    done = _run(machine, "up")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or newer" in done.stderr


def test_a_python_that_is_too_old_is_not_taken(machine: Path) -> None:
    _script(machine / "bin" / "python3", "exit 1")
    assert _run(machine, "up").returncode == 1
    assert not (machine / ".venv").exists()


def test_it_installs_again_only_when_the_requirements_change(machine: Path) -> None:
    _script(machine / ".venv" / "bin" / "python", f'echo "$*" >>{machine}/calls')
    for extra in ("", "", "new-requirement==1\n"):
        with (machine / "requirements-runtime.txt").open("a") as requirements:
            requirements.write(extra)
        assert _run(machine, "up", "--port", "8001").returncode == 0
    calls = (machine / "calls").read_text().splitlines()
    assert [call.startswith("-m pip install") for call in calls].count(True) == 2
    assert calls.count("-m mediaproc up --port 8001") == 3


def test_the_second_start_is_quiet(machine: Path) -> None:
    _script(machine / ".venv" / "bin" / "python", "exit 0")
    _run(machine, "up")
    assert _run(machine, "up").stdout == ""
