"""Real worker processes with short leases, which tests observe through the process tree and kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from testing import ROOT
from testing.ffmpeg_gate import FfmpegGate
from testing.jobs import forget_waiting
from testing.waits import PATIENCE_SECONDS, eventually

HURRY = {
    "LEASE_SECONDS": "3",
    "RESCUE_INTERVAL_SECONDS": "0.5",
    "RETRY_BASE_SECONDS": "0.2",
    "DRAIN_SECONDS": "1",
    "LEFTOVER_GRACE_SECONDS": "0",
    "WORKER_SLOTS": "1",
}
"""Settings that make a rescue take seconds."""


class Workers:
    """A consumer and the periodic process, which log to `folder`."""

    def __init__(
        self,
        folder: Path,
        *,
        module: str,
        on: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        slow_rate: float | None = None,
    ) -> None:
        """`on` is a prefix of each command that runs it on another host; `settings` lead to the services from there.

        With a `slow_rate`, video encodes can be slowed down to so many seconds of video a second.
        """
        self._folder = folder
        self._module = module
        self._on = on
        workspaces = {"WORKSPACE_DIR": str(folder / "workspaces")}
        self._gate, self._slow_rate = FfmpegGate(folder), slow_rate
        slowed = {"FFMPEG_PATH": str(self._gate.program)} if slow_rate else {}
        self._environment = {**os.environ, **HURRY, **workspaces, **slowed, **(settings or {})}
        forget_waiting()
        self.periodic = self._start("mediaproc_worker.periodic")
        self.consumer = self._start(module)

    def start_consumer(self, **settings: str) -> None:
        """Start the consumer again, with additional environment variables."""
        self.consumer = self._start(self._module, settings)

    def stop_consumer(self) -> None:
        """Stop the consumer by SIGTERM and wait for its end."""
        self.consumer.terminate()
        self.consumer.wait(timeout=PATIENCE_SECONDS)

    def children(self) -> list[psutil.Process]:
        """All descendants of the consumer: its worker and scheduler processes, and what they run."""
        return psutil.Process(self.consumer.pid).children(recursive=True)

    def ffmpegs(self) -> list[psutil.Process]:
        """Running FFmpeg processes."""
        return [each for each in self.children() if "ffmpeg" in _name(each)]

    def encoders(self) -> list[psutil.Process]:
        """Running FFmpeg processes that encode video."""
        return [each for each in self.ffmpegs() if any("force_key_frames" in word for word in _command_of(each))]

    def wait_for_ffmpeg(self, *, encoder: bool = False) -> tuple[psutil.Process, psutil.Process]:
        """Wait for an FFmpeg, with `encoder` for one that encodes video. Returns it and its worker process."""
        ffmpeg = eventually(self.encoders if encoder else self.ffmpegs)[0]
        worker = ffmpeg.parent()
        assert worker is not None
        return ffmpeg, worker

    def slow_down(self) -> None:
        """Slow down video encodes that start from now on, so that a test can act before they end."""
        assert self._slow_rate
        self._gate.slow_down(self._slow_rate)

    def speed_up(self) -> None:
        """Run video encodes that start from now on at full speed."""
        self._gate.speed_up()

    def log(self) -> str:
        """Logs of the consumer and the periodic process."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def stop(self) -> None:
        """Stop all processes by SIGTERM."""
        for process in (self.consumer, self.periodic):
            if process.poll() is None:
                process.terminate()
        for process in (self.consumer, self.periodic):
            process.wait(timeout=PATIENCE_SECONDS)

    def _start(self, module: str, settings: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        with (self._folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(
                [*self._on, sys.executable, "-m", module],
                cwd=ROOT,
                env={**self._environment, **(settings or {})},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def gone(*processes: psutil.Process) -> bool:
    """True if all of these processes have ended."""
    return all(_is_gone(each) for each in processes)


def kill(process: psutil.Process, signum: int = signal.SIGKILL) -> None:
    """Send a signal to a process that a test started, SIGKILL by default."""
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
