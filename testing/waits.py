"""Polling with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""Time allowed for a result when its delay is not what a test is about: the machine may be busy with other work."""


def eventually(found: Callable[[], T], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Poll until `found` returns something truthy, and return it. Raises AssertionError after the deadline.

    The longer it takes, the less often: a look at the database or at all processes takes CPU from what is waited for.
    """
    began = time.monotonic()
    while not (answer := found()):
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds} s"
        time.sleep(min(0.25, 0.02 + waited / 10))
    return answer
