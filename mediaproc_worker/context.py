"""Attempt context: everything that a handler needs, from the claimed job to its preset, source and log."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session

from mediaproc import database, logs
from mediaproc.domain.errors import Detail, Unexpected
from mediaproc.domain.states import Stage
from mediaproc.media.presets import PRESETS, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc.operations import ingest
from mediaproc.operations.jobs import execution as jobs
from mediaproc.settings import settings
from mediaproc_worker.reporter import Reporter

log = logs.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

LOG_TAIL_LINES = 60
WRITE_RETRY_SECONDS = 0.25
_MAX_URL_SECONDS = 7 * 24 * 3600
"""Longest validity of a presigned URL that S3 accepts."""


class StopReason(StrEnum):
    """Why an attempt must end before its handler is done."""

    FENCED = "fenced"
    """Cancelled, rescued or deleted: the job's row names another attempt."""
    LEASE_RUN_OUT = "lease_run_out"
    """Postgres was away for longer than the lease, so another worker may hold the job."""
    WORKER_STOPPING = "worker_stopping"
    TIMED_OUT = "timed_out"

    @property
    def may_write(self) -> bool:
        """True if the attempt still holds its lease and may record its own outcome."""
        return self in {StopReason.WORKER_STOPPING, StopReason.TIMED_OUT}


class Stopped(Exception):
    """Raised in a handler to leave it, once `cancelled` is set."""


class AttemptContext:
    """One attempt: its claim, its scratch folder, its reporter, and the signal that stops it.

    `cancelled` is set when the attempt must end: kill FFmpeg within 2 s, then call `check()`, which raises `Stopped`.
    """

    def __init__(self, *, claim: jobs.Claim, workspace: Path, reporter: Reporter) -> None:
        self.claim = claim
        self.workspace = workspace
        self.cancelled = threading.Event()
        self.stop_reason: StopReason | None = None
        self._reporter = reporter
        self._tail: deque[str] = deque(maxlen=LOG_TAIL_LINES)
        self._stopping = threading.Lock()

    @cached_property
    def preset(self) -> Preset:
        """The job's preset as it was when the job was requested. Raises Unexpected if it is unknown.

        Jobs of older versions stored only its name.
        """
        job = self.claim.job
        if job.recipe is not None:
            return Preset.from_json(job.recipe)
        if job.preset not in PRESETS:
            raise Unexpected(Detail.PRESET_UNKNOWN.format(name=job.preset))
        return PRESETS[job.preset]

    @cached_property
    def info(self) -> MediaInfo:
        """Media info of the source. Only for jobs that begin after the video's `process` job has stored it."""
        assert self.claim.video.media_info is not None
        return MediaInfo.from_json(self.claim.video.media_info)

    @cached_property
    def source(self) -> Source:
        """The source as a presigned URL that is valid for as long as an attempt may take.

        Every accepted container can be read by range, so nothing is downloaded first.
        """
        seconds = min(settings().attempt_timeout_seconds + 3600, _MAX_URL_SECONDS)
        probe_bytes = (self.claim.video.media_info or {}).get("probe_bytes", 0)
        return Source(ingest.source_of(self.claim.video).url(seconds=seconds), probe_bytes=probe_bytes)

    def report(
        self,
        stage: Stage,
        progress: float,
        *,
        fps: float | None = None,
        speed: float | None = None,
        eta_seconds: float | None = None,
    ) -> None:
        """Report the attempt's progress in percent, 0–100. It never blocks, never fails and never goes back."""
        self._reporter.report(stage, progress, fps=fps, speed=speed, eta_seconds=eta_seconds)

    def log(self, line: str) -> None:
        """Add a line to the attempt's log and publish it as an event. Secrets are redacted."""
        line = logs.redact(line.rstrip())
        self._tail.append(line)
        self._reporter.log(line)

    def check(self) -> None:
        """Raise `Stopped` if the attempt must end."""
        if self.cancelled.is_set():
            raise Stopped(self.stop_reason)

    def transaction(self) -> AbstractContextManager[Session]:
        """Read-only transaction. For writes use `write`, which survives a short outage of Postgres."""
        return database.transaction()

    def write(self, verb: Callable[Concatenate[Session, jobs.Claim, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `verb(session, claim, …)` of `operations.jobs` in a transaction, and retry while Postgres is away.

        Raises `jobs.LostLease` if the attempt is fenced out, `Stopped` if the lease ran out while trying. A verb may
        run twice if Postgres dies within a commit; the verbs of `operations.jobs` are idempotent.
        """
        while True:
            try:
                with database.transaction() as session:
                    return verb(session, self.claim, *args, **kwargs)
            except DBAPIError as error:
                if not _is_outage(error):
                    raise
                self._check_lease()
                log.warning("write_delayed", verb=verb.__name__, error=type(error.orig).__name__)
                time.sleep(WRITE_RETRY_SECONDS)

    def stop(self, reason: StopReason) -> None:
        """Stop the attempt. The first reason counts, but a lost lease overrides every other."""
        with self._stopping:
            if self.stop_reason is None or (self.stop_reason.may_write and not reason.may_write):
                self.stop_reason = reason
            if not self.stop_reason.may_write:
                self._reporter.mute()
            self.cancelled.set()

    @property
    def progress(self) -> float:
        """The highest progress reported so far."""
        return self._reporter.progress

    @property
    def whole(self) -> float:
        """Progress in percent of the whole that this attempt is a part of, as far as it knows."""
        return self._reporter.whole

    def learn(self, share: jobs.Share) -> None:
        """Set the share that the attempt's progress has in the whole now."""
        self._reporter.share = share

    @property
    def log_tail(self) -> str:
        """The last lines that were logged."""
        return "\n".join(self._tail)

    def _check_lease(self) -> None:
        if self.stop_reason is not None and not self.stop_reason.may_write:
            raise Stopped(self.stop_reason)


def _is_outage(error: DBAPIError) -> bool:
    # Deadlocks and shutdowns are OperationalErrors too: each is worth another try.
    return isinstance(error, OperationalError) or error.connection_invalidated
