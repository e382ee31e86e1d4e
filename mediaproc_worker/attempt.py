"""Attempt: one run of a job, from its claim through the handler under a heartbeat to its recorded ending."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from mediaproc import database, logs
from mediaproc.domain.errors import ProcessingError, StorageFailed, TimedOut, Unexpected, WorkerStopping
from mediaproc.domain.states import JobKind, Lane
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import failures
from mediaproc_worker import parent_death, workspace
from mediaproc_worker.context import AttemptContext, Stopped, StopReason
from mediaproc_worker.heartbeat import Heartbeat, stopping
from mediaproc_worker.reporter import Reporter

__all__ = ["AttemptContext", "Handler", "StopReason", "Stopped", "handlers", "perform", "perform_next"]

log = logs.get_logger(__name__)

Handler = Callable[[AttemptContext], None]

handlers: dict[JobKind, Handler] = {}
"""Handler of each kind of job, filled by the consumer. A handler returns when the job is done, or raises."""


@dataclass(frozen=True)
class Ending:
    """Ending of an attempt: `completed`, `failed`, `given_back` or `lost`, with the error unless it completed."""

    word: str
    error: ProcessingError | None = None


def perform_next(lane: Lane) -> None:
    """Run one attempt of the next job of a lane, which the database chooses. Does nothing if none is queued.

    This performs the queue's message `perform(job_id)`. A message is only a hint that the lane has work.
    """
    if parent_death.orphaned():
        os._exit(1)
    if stopping.is_set():
        return
    with database.transaction() as session:
        claim = jobs.claim_next(session, lane=lane, worker=_name())
    _run_if_any(claim)


def perform(job_id: UUID) -> None:
    """Run one attempt of this job, if it is queued."""
    with database.transaction() as session:
        claim = jobs.claim(session, job_id=job_id, worker=_name())
    _run_if_any(claim)


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _run_if_any(claim: jobs.Claim | None) -> None:
    if claim is None:
        log.debug("not_claimed")
        return
    with structlog.contextvars.bound_contextvars(
        job_id=str(claim.job_id), video_id=str(claim.video_id), attempt=claim.attempt
    ):
        _run(claim)


def _share_of(claim: jobs.Claim) -> jobs.Share:
    if not claim.is_part:
        return jobs.Share()
    with database.transaction() as session:
        return jobs.share_of(session, claim)


def _run(claim: jobs.Claim) -> None:
    started = time.monotonic()
    log.info("attempt_started", kind=claim.job.kind.value, chunk=claim.job.chunk)
    with workspace.opened() as folder, Reporter(claim) as reporter:
        reporter.share = _share_of(claim)
        context = AttemptContext(claim=claim, workspace=folder, reporter=reporter)
        with Heartbeat(context):
            ending = _perform(context)
            reporter.close()
            ending = _record(context, ending)
    code = ending.error.code if ending.error else None
    log.info("attempt_ended", outcome=ending.word, error_code=code, seconds=round(time.monotonic() - started, 3))


def _perform(context: AttemptContext) -> Ending:
    try:
        handlers[context.claim.job.kind](context)
        return Ending("completed")
    except Exception as error:
        # A killed FFmpeg fails in its own words; what counts is why it was killed.
        if isinstance(error, Stopped | jobs.LostLease) or context.cancelled.is_set():
            return _stopped(context.stop_reason)
        return Ending("failed", _expected(error))


def _stopped(reason: StopReason | None) -> Ending:
    if reason is StopReason.WORKER_STOPPING:
        return Ending("given_back", WorkerStopping())
    if reason is StopReason.TIMED_OUT:
        return Ending("failed", TimedOut())
    return Ending("lost")


def _expected(error: Exception) -> ProcessingError:
    if isinstance(error, ProcessingError):
        return error
    log.error("handler_raised", exc_info=error)
    return StorageFailed() if failures.is_storage_error(error) else Unexpected()


def _record(context: AttemptContext, ending: Ending) -> Ending:
    try:
        if ending.word == "completed":
            context.write(jobs.complete, log_tail=context.log_tail)
        elif ending.word == "given_back" and ending.error:
            context.write(jobs.release, ending.error, log_tail=context.log_tail)
        elif ending.error:
            context.write(jobs.fail, ending.error, log_tail=context.log_tail)
        else:
            _discard_output(context.claim)
    except (jobs.LostLease, Stopped):
        _discard_output(context.claim)
        return Ending("lost")
    return ending


def _discard_output(claim: jobs.Claim) -> None:
    try:
        with database.transaction() as session:
            jobs.discard_output(session, claim)
    except SQLAlchemyError as error:
        log.warning("output_not_left", error=type(error).__name__)
