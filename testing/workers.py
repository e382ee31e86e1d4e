"""Real worker processes for tests: started with short leases, found by their place in the process tree, killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from testing import ROOT, clips
from testing.jobs import forget_waiting
from testing.waits import eventually

HURRY = {
    "LEASE_SECONDS": "3",
    "RESCUE_INTERVAL_SECONDS": "0.5",
    "RETRY_BASE_SECONDS": "0.2",
    "DRAIN_SECONDS": "1",
    "LEFTOVER_GRACE_SECONDS": "0",
    "WORKER_SLOTS": "1",
}
"""Settings with which a rescue takes seconds."""

_SLOW_FFMPEG = """#!/bin/sh
case "$*" in *force_key_frames*) [ -e "{flag}" ] && exec "{ffmpeg}" -readrate {rate} "$@" ;; esac
exec "{ffmpeg}" "$@"
"""
"""An FFmpeg that reads so many seconds of video a second while it encodes pictures, for as long as a file is there."""


class Workers:
    """A consumer and the periodic process, whose logs are in `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        module: str,
        on: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        slow_rate: float | None = None,
    ) -> None:
        """`on` stands before each command: what runs it on another host, where `settings` lead to the services.

        With a `slow_rate` encodes of pictures can be slowed down to so many seconds of video a second.
        """
        self._folder = folder
        self._slow = folder / "slow"
        self._module = module
        self._on = on
        workspaces = {"WORKSPACE_DIR": str(folder / "workspaces")}
        slowed = {"FFMPEG_PATH": str(self._slowable_ffmpeg(slow_rate))} if slow_rate else {}
        self._environment = {**os.environ, **HURRY, **workspaces, **slowed, **(settings or {})}
        forget_waiting()
        self._periodic = self._start("mediaproc_worker.periodic")
        self.consumer = self._start(module)

    def start_consumer(self) -> None:
        """Start the consumer anew."""
        self.consumer = self._start(self._module)

    def children(self) -> list[psutil.Process]:
        """Everything below the consumer: its worker and scheduler processes, and what they run."""
        return psutil.Process(self.consumer.pid).children(recursive=True)

    def ffmpegs(self) -> list[psutil.Process]:
        """The FFmpeg processes that run now."""
        return [each for each in self.children() if "ffmpeg" in _name(each)]

    def encoders(self) -> list[psutil.Process]:
        """Those of them that encode pictures."""
        return [each for each in self.ffmpegs() if any("force_key_frames" in word for word in _command_of(each))]

    def encoding(self, *, pictures: bool = False) -> tuple[psutil.Process, psutil.Process]:
        """Wait for an encode, perhaps one of `pictures`: its FFmpeg, and the worker process that runs it."""
        ffmpeg = eventually(self.encoders if pictures else self.ffmpegs)[0]
        worker = ffmpeg.parent()
        assert worker is not None
        return ffmpeg, worker

    def slow_down(self) -> None:
        """From now on encodes of pictures take their time, so that they are not over before something happens to them.

        What runs already goes on as it began, here and at `speed_up`.
        """
        self._slow.touch()

    def speed_up(self) -> None:
        """From now on they are as fast as they can be."""
        self._slow.unlink()

    def log(self) -> str:
        """What the consumers and the periodic process have logged."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def stop(self) -> None:
        """End all, in order if they will."""
        for process in (self.consumer, self._periodic):
            if process.poll() is None:
                process.terminate()
        for process in (self.consumer, self._periodic):
            process.wait(timeout=30)

    def _slowable_ffmpeg(self, rate: float) -> Path:
        program = self._folder / "ffmpeg"
        program.write_text(_SLOW_FFMPEG.format(flag=self._slow, ffmpeg=clips.FFMPEG, rate=rate))
        program.chmod(0o755)
        return program

    def _start(self, module: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(
                [*self._on, sys.executable, "-m", module],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def gone(*processes: psutil.Process) -> bool:
    """Whether all of them have ended."""
    return all(_is_gone(each) for each in processes)


def kill(process: psutil.Process, signum: int = signal.SIGKILL) -> None:
    """Send a signal to a process that these tests started."""
    process.send_signal(signum)


def _is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""
