"""Faults: what happens to the processes of a running Mediaproc, for a moment or for good."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import psutil

from testing.site import Site

PROCESSES: dict[str, tuple[str, ...]] = {
    "worker": ("mediaproc_worker.consumer",),
    "periodic": ("mediaproc_worker.periodic",),
    "web": ("mediaproc", "web"),
    "valkey": ("valkey-server",),
    "postgres": ("mediaproc.embedded.postgres",),
    "s3": ("weed", "mini"),
}
"""Words on the command lines of each program."""

LEASE_SECONDS = 3
_LONGEST_FREEZE_SECONDS = 2.5 * LEASE_SECONDS
"""Longer than a lease: the job of a frozen worker is given to another attempt, and then the worker wakes up."""


@dataclass(frozen=True)
class Fault:
    """A named fault. `strike` inflicts it and returns when it is over; what was killed may still be restarting."""

    name: str
    strike: Callable[[Site, Random], None]


def all_faults() -> list[Fault]:
    """Each program killed, each program frozen for some seconds, FFmpeg killed, and two programs killed at once."""
    killed = [Fault(f"{name} killed", _killing(words)) for name, words in PROCESSES.items()]
    frozen = [Fault(f"{name} frozen", _freezing(words)) for name, words in PROCESSES.items()]
    both = Fault("worker and valkey killed", _in_turn(_killing(PROCESSES["valkey"]), _killing(PROCESSES["worker"])))
    return [*killed, *frozen, Fault("FFmpeg killed", _kill_ffmpeg), both]


def _killing(words: tuple[str, ...]) -> Callable[[Site, Random], None]:
    def strike(site: Site, _random: Random) -> None:
        for process in _found(site, words):
            _send(process.kill)

    return strike


def _freezing(words: tuple[str, ...]) -> Callable[[Site, Random], None]:
    def strike(site: Site, random: Random) -> None:
        frozen = _found(site, words)
        frozen += [child for each in frozen for child in each.children(recursive=True) if child not in frozen]
        for process in frozen:
            _send(process.suspend)
        try:
            time.sleep(random.uniform(1, _LONGEST_FREEZE_SECONDS))
        finally:
            for process in frozen:
                _send(process.resume)

    return strike


def _in_turn(*strikes: Callable[[Site, Random], None]) -> Callable[[Site, Random], None]:
    def strike(site: Site, random: Random) -> None:
        for each in strikes:
            each(site, random)

    return strike


def _kill_ffmpeg(site: Site, _random: Random) -> None:
    """Kill what encodes at this moment, if anything does."""
    for worker in site.processes(*PROCESSES["worker"]):
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in worker.children(recursive=True):
                if "ffmpeg" in child.name():
                    _send(child.kill)


def _found(site: Site, words: tuple[str, ...]) -> list[psutil.Process]:
    """The program's processes; while it restarts after an earlier fault there are none yet."""
    deadline = time.monotonic() + 60
    while not (found := site.processes(*words)):
        assert time.monotonic() < deadline, f"nothing runs with {words}"
        time.sleep(0.1)
    return found


def _send(send: Callable[[], None]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        send()
