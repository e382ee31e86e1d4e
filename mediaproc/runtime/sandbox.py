"""A user namespace for FFmpeg, where the kernel lets us have one: in it root of a container is nobody.

A flaw in one of FFmpeg's hundreds of decoders then gains no capability over the host, not even when the worker runs
as root. The number of its threads and processes can be limited too, since the kernel counts them for each namespace
and user; it does not heed that limit for root.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache

MOST_PROCESSES = 1024
"""FFmpeg's threads count. A ladder of three rungs of 4K takes some dozens on two cores, a few for each core more."""

_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER = 0x04000000, 0x08000000, 0x10000000  # <linux/sched.h>
_PR_SET_NO_NEW_PRIVS = 38  # <linux/prctl.h>
_LIBC: ctypes.CDLL | None = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


class NoNamespace(Exception):
    """The kernel makes none for us."""


def entrance() -> Callable[[], None]:
    """What a child does to itself between fork and exec, to confine what it becomes: it only makes system calls."""
    user, group, confined = os.geteuid(), os.getegid(), available()

    def enter() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if confined:
            with contextlib.suppress(NoNamespace):  # there may be too many at this moment; the limits still hold
                _enter_namespace(user, group)

    return enter


@lru_cache(maxsize=1)
def available() -> bool:
    """Whether this host lets us: tried once, by a process that does nothing else."""
    if _LIBC is None:
        return False
    user, group = os.geteuid(), os.getegid()
    try:
        tried = subprocess.run(
            [sys.executable, "-S", "-c", ""],
            preexec_fn=lambda: _enter_namespace(user, group),
            env={}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


def _enter_namespace(user: int, group: int) -> None:
    """The same user and group within, so that files stay theirs; every other is nobody."""
    assert _LIBC is not None
    if _LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWIPC | _CLONE_NEWUTS) != 0:
        raise NoNamespace(ctypes.get_errno())
    _write("/proc/self/setgroups", b"deny")
    _write("/proc/self/uid_map", b"%d %d 1" % (user, user))
    _write("/proc/self/gid_map", b"%d %d 1" % (group, group))
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    most = MOST_PROCESSES if hard == resource.RLIM_INFINITY else min(MOST_PROCESSES, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _write(path: str, text: bytes) -> None:
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text)
    finally:
        os.close(file)
