"""Sandbox: a user namespace for FFmpeg, where the kernel allows one, in which a container's root is nobody.

A vulnerability in one of FFmpeg's hundreds of decoders then gains no capability on the host, even if the worker runs as
root. The number of threads and processes can be limited too: the kernel counts them per namespace and user, and ignores
that limit for root.
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
"""Process limit, which includes FFmpeg's threads. A three-rung 4K ladder takes several dozen on two cores, a few
more per extra core.
"""

_CLONE_NEWUTS, _CLONE_NEWIPC, _CLONE_NEWUSER = 0x04000000, 0x08000000, 0x10000000  # <linux/sched.h>
_PR_SET_NO_NEW_PRIVS = 38  # <linux/prctl.h>
_LIBC: ctypes.CDLL | None = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


class NoNamespace(Exception):
    """The kernel refuses to create a namespace."""


def entrance() -> Callable[[], None]:
    """Function for a child to enter the sandbox between fork and exec. It makes system calls only."""
    user, group, confined = os.geteuid(), os.getegid(), available()

    def enter() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if confined:
            with contextlib.suppress(NoNamespace):  # there may be too many right now; the other limits still hold
                _enter_namespace(user, group)

    return enter


@lru_cache(maxsize=1)
def available() -> bool:
    """Return True if this host allows user namespaces. Tested once, in a throw-away process."""
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
    """Map the same user and group into the namespace, so that files keep their owner. Everybody else is nobody."""
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
