"""Jobs of a test: enqueued, performed in this process, read back."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from mediaproc import database
from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Attempt, Job
from mediaproc.operations.jobs import children, requests
from mediaproc.settings import settings
from mediaproc.storage.client import client
from mediaproc_worker import attempt
from testing.videos import make_video


def enqueued(**video: object) -> Job:
    """A new video's job, committed and sent."""
    with database.transaction() as session:
        return requests.enqueue(session, video=make_video(session, **video), preset="web")  # type: ignore[arg-type]


def uploaded(source: Path, *, filename: str | None = None, preset: str = "web") -> Job:
    """A new video with this file as its source in storage, and its job, committed and sent."""
    with database.transaction() as session:
        video = make_video(session, filename=filename or source.name, size_bytes=source.stat().st_size)
        video.preset = preset
        client().upload_file(str(source), settings().s3_bucket, video.source_key)
        return requests.enqueue(session, video=video, preset=preset)


def perform_all(job: Job) -> None:
    """Perform a job and its parts, one after another in this process, until none waits but what comes afterwards."""
    attempt.perform(job.id)
    while waiting := [each for each in parts_of(job) if each.state.waiting and not each.kind.afterwards]:
        for part in waiting:
            attempt.perform(part.id)


def parts_of(job: Job) -> list[Job]:
    """The parts of a job, in the order in which they were asked for."""
    with database.transaction() as session:
        return children.parts_of_job(session, job.id)


def job_now(job_id: UUID) -> Job:
    """The job's row as it is now."""
    with database.transaction() as session:
        return session.exec(select(Job).where(col(Job.id) == job_id)).one()


def attempts_of(job_id: UUID) -> list[Attempt]:
    """The attempts of a job, in order."""
    with database.transaction() as session:
        query = select(Attempt).where(col(Attempt.job_id) == job_id).order_by(col(Attempt.number))
        return list(session.exec(query).all())


def forget_waiting() -> None:
    """Cancel what earlier tests left waiting: a worker takes whatever job is next, not the one of this test."""
    with database.transaction() as session:
        waiting = col(Job.state).in_([JobState.QUEUED, JobState.RETRYING])
        session.exec(update(Job).where(waiting).values(state=JobState.CANCELLED))
