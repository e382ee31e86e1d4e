"""Polling with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""Time allowed for a result when its delay is not what a test is about: the machine may be busy with other work."""


def eventually(found: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Poll until `found` returns something truthy, and return it. Raises AssertionError after the deadline."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return answer
