"""Sandboxed process: one FFmpeg or ffprobe, from its start to its end, under resource limits.

It has no standard input, no environment and a session of its own, and it dies with the worker. A watchdog ends it
when the attempt is cancelled or the time limit has passed, whatever the reader of its output is doing.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mediaproc.runtime import sandbox

TERMINATE_SECONDS = 0.5
"""Grace between SIGTERM and SIGKILL. It is short: the output of a process that is ended is discarded."""

SILENCE_SECONDS = 0.05
"""A quarter of the interval of FFmpeg's progress reports, so that new segments are noticed between two of them."""

_WATCH_SECONDS = 0.1
_TAIL_BYTES = 8192
_READ_BYTES = 65536
_MAX_NICE = 19
"""The lowest CPU priority."""
_PR_SET_PDEATHSIG = 1
_CPU_GRACE_SECONDS = 2
"""Between SIGXCPU, which says why, and SIGKILL."""


class ProcessEnded(Exception):
    """The process did not end successfully. `log_tail` is the end of its standard error."""

    def __init__(self, log_tail: str, *, exit_code: int = 0) -> None:
        super().__init__(log_tail.strip().splitlines()[-1] if log_tail.strip() else f"exit code {exit_code}")
        self.log_tail = log_tail
        self.exit_code = exit_code


class ProcessFailed(ProcessEnded):
    """It failed by itself. `exit_code` is negative for a signal."""


class ProcessCancelled(ProcessEnded):
    """It was ended because the attempt was cancelled."""


class ProcessTimedOut(ProcessEnded):
    """It was ended because it reached its limit of wall time or CPU time."""


@dataclass(frozen=True)
class Limits:
    """Resource limits of a process. The sandbox limits threads and processes."""

    wall_seconds: float
    cpu_seconds: int
    file_bytes: int = 64 * 1024**3
    memory_bytes: int = 8 * 1024**3
    """Private writable memory. A ladder of three rungs takes 0.5 GB; an 8K source several."""
    open_files: int = 256
    nice: int = 0
    """Niceness added to the worker's own, 0 to 19: how far it yields the CPU to others."""


class Process:
    """A running process. Iterate `lines()` to its end; `running` then says how it ended."""

    def __init__(self, child: subprocess.Popen[bytes], log: Path) -> None:
        self._child = child
        self._log = log
        self._ending = threading.Lock()
        self._finished = threading.Event()
        self.ended_by: type[ProcessEnded] | None = None

    @property
    def pid(self) -> int:
        """The process id, which is its session's and group's too."""
        return self._child.pid

    @property
    def log_tail(self) -> str:
        """The end of its standard error."""
        return _tail(self._log)

    def lines(self, *, in_silence: Callable[[], object] | None = None) -> Iterator[str]:
        """Yield lines of standard output until the process ends. `in_silence` is called after each `SILENCE_SECONDS`
        without output.
        """
        rest = b""
        for piece in self._pieces(SILENCE_SECONDS if in_silence else None):
            if not piece and in_silence:
                in_silence()
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace") + "\n"
        if rest:
            yield rest.decode(errors="replace")

    def _pieces(self, silence_seconds: float | None) -> Iterator[bytes]:
        """Yield its output as it arrives, and an empty piece after each silence."""
        assert self._child.stdout is not None
        output = self._child.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while True:
                if not selector.select(silence_seconds):
                    yield b""
                elif piece := os.read(output, _READ_BYTES):
                    yield piece
                else:
                    return

    def lower_priority(self, nice: int) -> None:
        """Lower its CPU priority from now on, as `Limits.nice` does from the start."""
        with self._ending:
            if self._child.poll() is None:
                with contextlib.suppress(OSError):
                    own = os.getpriority(os.PRIO_PROCESS, 0)
                    os.setpriority(os.PRIO_PGRP, self.pid, min(_MAX_NICE, own + nice))
                _autogroup(self.pid, nice)

    def end(self, why: type[ProcessEnded]) -> None:
        """Terminate it, and kill it if it is still there after `TERMINATE_SECONDS`."""
        with self._ending:
            if self._child.poll() is not None:
                return
            self.ended_by = self.ended_by or why
            self._signal(signal.SIGTERM)
            try:
                self._child.wait(timeout=TERMINATE_SECONDS)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._child.wait()

    def watch(self, *, cancelled: threading.Event, deadline: float) -> None:
        """End it when the attempt is cancelled or the deadline (of the monotonic clock) has passed."""
        while not self._finished.wait(_WATCH_SECONDS):
            if cancelled.is_set():
                self.end(ProcessCancelled)
            elif time.monotonic() > deadline:
                self.end(ProcessTimedOut)

    def wait(self) -> None:
        """Wait for its end. Raises a `ProcessEnded` unless its exit code is 0."""
        exit_code = self._child.wait()
        if self.ended_by is not None:
            raise self.ended_by(self.log_tail, exit_code=exit_code)
        if exit_code == -signal.SIGXCPU:
            raise ProcessTimedOut(self.log_tail, exit_code=exit_code)
        if exit_code != 0:
            raise ProcessFailed(self.log_tail, exit_code=exit_code)

    def release(self) -> None:
        """End it if its caller left early, and stop the watchdog."""
        self.end(ProcessCancelled)
        self._finished.set()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def _signal(self, number: signal.Signals) -> None:
        """Signal the whole session: a child would keep the output open."""
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.killpg(self._child.pid, number)


@contextlib.contextmanager
def running(
    program: Path,
    arguments: Sequence[str],
    *,
    directory: Path,
    cancelled: threading.Event,
    limits: Limits,
    log_name: str = "ffmpeg.log",
) -> Generator[Process]:
    """A running process within `with`. Leaving the block early ends it; leaving it at its end waits for it.

    Raises `ProcessFailed`, `ProcessCancelled` or `ProcessTimedOut`, each with the tail of its log.
    """
    log = directory / log_name
    with log.open("wb") as errors:
        process = Process(_start(program, arguments, directory, errors, limits), log)
    deadline = time.monotonic() + limits.wall_seconds
    watchdog = threading.Thread(
        target=process.watch, kwargs={"cancelled": cancelled, "deadline": deadline}, daemon=True
    )
    watchdog.start()
    try:
        yield process
        process.wait()
    finally:
        process.release()
        watchdog.join()


def run(
    program: Path,
    arguments: Sequence[str],
    *,
    directory: Path,
    cancelled: threading.Event,
    limits: Limits,
    log_name: str = "ffmpeg.log",
) -> str:
    """Run a process to its end and return what it wrote to standard output. Raises as `running` does."""
    with running(
        program, arguments, directory=directory, cancelled=cancelled, limits=limits, log_name=log_name
    ) as process:
        return "".join(process.lines())


def _start(
    program: Path, arguments: Sequence[str], directory: Path, errors: IO[bytes], limits: Limits
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=directory,
        env={},
        start_new_session=True,
        preexec_fn=_bound(limits),  # it only makes system calls, so other threads' locks don't matter
    )


def _bound(limits: Limits) -> Callable[[], None]:
    """Steps of the child before it becomes FFmpeg: enter the sandbox, die with the worker, apply the limits."""
    wanted = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_DATA: limits.memory_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    allowed = {kind: _within(kind, value) for kind, value in wanted.items()}
    parent, enter = os.getpid(), sandbox.entrance()

    def bind() -> None:
        if limits.nice:
            os.nice(limits.nice)
            _autogroup(os.getpid(), limits.nice)
        enter()  # first: the kernel forgets the next line when rights change
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)
        for kind, value in allowed.items():
            resource.setrlimit(kind, (value, value + _CPU_GRACE_SECONDS if kind == resource.RLIMIT_CPU else value))

    return bind


def _autogroup(pid: int, nice: int) -> None:
    """Set the niceness of its session. Where Linux groups processes by session (autogroup), only this one counts."""
    with contextlib.suppress(OSError):
        file = os.open(f"/proc/{pid}/autogroup", os.O_WRONLY)
        try:
            os.write(file, str(nice).encode())
        finally:
            os.close(file)


def _within(kind: int, value: int) -> int:
    """Return the value, or the worker's own hard limit if that is lower."""
    hard = resource.getrlimit(kind)[1]
    room = _CPU_GRACE_SECONDS if kind == resource.RLIMIT_CPU else 0
    return value if hard == resource.RLIM_INFINITY else min(value, hard - room)


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        return file.read().decode(errors="replace")


_LIBC: ctypes.CDLL | None = ctypes.CDLL(None) if sys.platform.startswith("linux") else None
