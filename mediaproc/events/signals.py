"""Hear SIGTERM and SIGINT beside the server, which keeps its own handlers."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def calling(action: Callable[[], object]) -> Generator[None]:
    """Call `action` on the running loop when the process is told to stop, then whatever handler was there before.

    Python allows signal handlers in the main thread only; elsewhere, as in a test client, nothing is heard.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    restore = [_chain(number, lambda: loop.call_soon_threadsafe(action)) for number in _SIGNALS]
    try:
        yield
    finally:
        for undo in restore:
            undo()


def _chain(number: signal.Signals, action: Callable[[], object]) -> Callable[[], object]:
    before = signal.getsignal(number)
    if not callable(before):
        return lambda: None

    def handler(received: int, frame: FrameType | None) -> None:
        action()
        before(received, frame)

    signal.signal(number, handler)
    # Both servers' loops ask for this when they set their own handler, and setting another undoes it.
    signal.siginterrupt(number, False)
    return lambda: _undo(number, handler, before)


def _undo(number: signal.Signals, ours: object, before: Callable[[int, FrameType | None], object]) -> None:
    if signal.getsignal(number) is ours:
        signal.signal(number, before)
        signal.siginterrupt(number, False)
