"""Heartbeat: the threads that renew an attempt's lease and stop the attempt when it must end.

There are two, so that the end of the lease is noticed even while the database does not answer a heartbeat.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from mediaproc import database, logs
from mediaproc.operations.jobs import execution as jobs
from mediaproc.settings import settings
from mediaproc_worker import parent_death
from mediaproc_worker.context import AttemptContext, StopReason

log = logs.get_logger(__name__)

TICK_SECONDS = 0.1
LONGEST_INTERVAL_SECONDS = 0.7
"""A heartbeat notices a cancellation. FFmpeg has half a second to end and must be gone within 2 s of it."""

LONGEST_WAIT_SECONDS = 5.0
"""Longest wait at the end for a heartbeat that is in flight; a later one is fenced out."""

stopping = threading.Event()
"""Set when this worker process must return its job to the queue."""


class Heartbeat:
    """Renewal of the lease, at least every third of it, also while Postgres is away. A context manager."""

    def __init__(self, context: AttemptContext) -> None:
        self._context = context
        self._ended = threading.Event()
        self._interval = min(settings().lease_seconds / 3, LONGEST_INTERVAL_SECONDS)
        self._started = self._renewed = self._tried = time.monotonic()
        self._lookout = _thread("lookout", self._look_out)
        self._beating = _thread("heartbeat", self._beat_on)

    def __enter__(self) -> Self:
        self._lookout.start()
        self._beating.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._lookout.join()
        self._beating.join(timeout=LONGEST_WAIT_SECONDS)

    def _look_out(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            self._look_around()

    def _beat_on(self) -> None:
        while not self._ended.wait(max(0.0, self._tried + self._interval - time.monotonic())):
            self._beat()

    def _look_around(self) -> None:
        at = time.monotonic()
        if stopping.is_set() or parent_death.orphaned():
            self._context.stop(StopReason.WORKER_STOPPING)
        if at - self._started > settings().attempt_timeout_seconds:
            self._context.stop(StopReason.TIMED_OUT)
        if at - self._renewed > settings().lease_seconds:
            self._context.stop(StopReason.LEASE_RUN_OUT)

    def _beat(self) -> None:
        self._tried = time.monotonic()
        try:
            with database.transaction() as session:
                holds = jobs.heartbeat(
                    session,
                    job_id=self._context.claim.job_id,
                    attempt=self._context.claim.attempt,
                    progress=self._context.progress,
                    whole=self._context.whole,
                )
                if holds and self._context.claim.is_part:
                    self._context.learn(jobs.share_of(session, self._context.claim))
        except SQLAlchemyError as error:
            log.warning("heartbeat_missed", error=type(error).__name__)
            return
        if holds:
            self._renewed = self._tried
        elif not self._ended.is_set():
            self._context.stop(StopReason.FENCED)


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
    """Return a thread that logs with the ids of the attempt."""
    return threading.Thread(target=contextvars.copy_context().run, args=(target,), name=name, daemon=True)
