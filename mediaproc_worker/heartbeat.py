"""The thread that keeps an attempt's lease, and tells the attempt when it must end."""

from __future__ import annotations

import contextvars
import threading
import time
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from mediaproc import database, logs
from mediaproc.operations import jobs
from mediaproc.settings import settings
from mediaproc_worker import parent
from mediaproc_worker.context import AttemptContext, StopReason

log = logs.get_logger(__name__)

TICK_SECONDS = 0.1
LONGEST_INTERVAL_SECONDS = 0.7
"""A cancel is learned by the next heartbeat; FFmpeg, which has a second to end in order, must be dead after 2 s."""

stopping = threading.Event()
"""Set when this worker process has to give back what it is doing."""


class Heartbeat:
    """Renews the lease every third of it, or more often; goes on trying while Postgres is away. A context manager."""

    def __init__(self, context: AttemptContext) -> None:
        self._context = context
        self._ended = threading.Event()
        self._interval = min(settings().lease_seconds / 3, LONGEST_INTERVAL_SECONDS)
        self._started = self._renewed = self._tried = time.monotonic()
        copied = contextvars.copy_context()
        self._thread = threading.Thread(target=copied.run, args=(self._run,), name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            self._look_around()
            if time.monotonic() - self._tried >= self._interval:
                self._beat()

    def _look_around(self) -> None:
        at = time.monotonic()
        if stopping.is_set() or parent.orphaned():
            self._context.stop(StopReason.WORKER_STOPPING)
        if at - self._started > settings().attempt_timeout_seconds:
            self._context.stop(StopReason.TIMED_OUT)
        if at - self._renewed > settings().lease_seconds:
            self._context.stop(StopReason.LEASE_RUN_OUT)

    def _beat(self) -> None:
        self._tried = time.monotonic()
        try:
            with database.transaction() as session:
                mine = jobs.heartbeat(
                    session,
                    job_id=self._context.claim.job_id,
                    attempt=self._context.claim.attempt,
                    progress=self._context.progress,
                    whole=self._context.whole,
                )
                if mine and self._context.claim.is_part:
                    self._context.learn(jobs.share_of(session, self._context.claim))
        except SQLAlchemyError as error:
            log.warning("heartbeat_missed", error=type(error).__name__)
            return
        if mine:
            self._renewed = self._tried
        elif not self._ended.is_set():
            self._context.stop(StopReason.FENCED)
