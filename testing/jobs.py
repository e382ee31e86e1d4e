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
    """Enqueue the job of a new video. `video` holds arguments of `make_video`."""
    with database.transaction() as session:
        return requests.enqueue(session, video=make_video(session, **video), preset="web")  # type: ignore[arg-type]


def uploaded(source: Path, *, filename: str | None = None, preset: str = "web") -> Job:
    """Upload a file as the source of a new video, and enqueue its job."""
    with database.transaction() as session:
        video = make_video(session, filename=filename or source.name, size_bytes=source.stat().st_size)
        video.preset = preset
        client().upload_file(str(source), settings().s3_bucket, video.source_key)
        return requests.enqueue(session, video=video, preset=preset)


def perform_all(job: Job) -> None:
    """Perform a job and its children in this process, one after another, without kinds that run afterwards."""
    attempt.perform(job.id)
    while waiting := [each for each in parts_of(job) if each.state.waiting and not each.kind.afterwards]:
        for part in waiting:
            attempt.perform(part.id)


def parts_of(job: Job) -> list[Job]:
    """Children of a job, in the order of their creation."""
    with database.transaction() as session:
        return children.parts_of_job(session, job.id)


def job_now(job_id: UUID) -> Job:
    """The job's current row."""
    with database.transaction() as session:
        return session.exec(select(Job).where(col(Job.id) == job_id)).one()


def attempts_of(job_id: UUID) -> list[Attempt]:
    """Attempts of a job, in order."""
    with database.transaction() as session:
        query = select(Attempt).where(col(Attempt.job_id) == job_id).order_by(col(Attempt.number))
        return list(session.exec(query).all())


def forget_waiting() -> None:
    """Cancel waiting jobs of earlier tests, since a worker takes whichever job is next."""
    with database.transaction() as session:
        waiting = col(Job.state).in_([JobState.QUEUED, JobState.RETRYING])
        session.exec(update(Job).where(waiting).values(state=JobState.CANCELLED))
