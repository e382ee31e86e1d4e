"""Machine of a bench: core affinity, sampling, percentiles, load."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType

import psutil


@contextmanager
def bound_to(core: int | None) -> Generator[None]:
    """Bind processes started within `with` to one core. None leaves them free."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {sorted(before)[core % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def sampled(look: Callable[[], float], *, every_seconds: float) -> Generator[list[float]]:
    """Sample `look` in a thread for as long as `with` lasts. Yields the growing list of samples."""
    seen: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(every_seconds):
            seen.append(look())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()


def of_100(values: Sequence[float], count: int) -> float:
    """The percentile `count` of the values."""
    return sorted(values)[min(len(values) - 1, len(values) * count // 100)]


def busy_seconds() -> float:
    """CPU seconds used by all processes since boot."""
    times = psutil.cpu_times()
    return times.user + times.system + getattr(times, "nice", 0.0)


def load() -> str:
    """Load average of one minute, to print beside a figure."""
    return f"load {os.getloadavg()[0]:.1f}"


def exit_on_sigterm() -> None:
    """End by SystemExit at SIGTERM, so that `with` stops the servers that were started."""

    def leave(_signum: int, _frame: FrameType | None) -> None:
        sys.exit(1)

    signal.signal(signal.SIGTERM, leave)
