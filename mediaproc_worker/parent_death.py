"""Parent death: a worker process dies with its parent, since an orphan would go on taking jobs unsupervised."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_libc: Any = ctypes.CDLL(None)  # Loaded before any fork: a child of a busy process should only call.

_forker = _parent = 0


def bind_children() -> None:
    """Let every process that this one forks from now on be killed when this one dies."""
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def orphaned() -> bool:
    """Return whether this process's parent has died. Linux kills the process itself; other systems must check."""
    return _parent != 0 and os.getppid() != _parent


def _before_fork() -> None:
    global _forker
    _forker = os.getpid()


def _after_fork() -> None:
    global _parent
    _parent = _forker
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != _parent:  # It died between the fork and here.
        os._exit(1)
