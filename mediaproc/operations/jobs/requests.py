"""Jobs for callers: enqueue, cancel, retry, reprocess, prioritize."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Conflict, Detail
from mediaproc.domain.states import JobKind, JobState, Lane, Outcome, Priority
from mediaproc.domain.tables import Attempt, Job, Video
from mediaproc.media.presets import Preset
from mediaproc.operations import presets
from mediaproc.operations.jobs import children, transitions
from mediaproc.operations.jobs.lease import LockedJob, attempt_row, lock_job, lock_video
from mediaproc.operations.jobs.output_cleanup import retire_output
from mediaproc.settings import settings


def enqueue(session: Session, *, video: Video, preset: str) -> Job:
    """Enqueue a new job for the video. Raises Conflict while another one is unfinished, and Invalid for the preset."""
    video = lock_video(session, video.id)
    before = newest(session, video_id=video.id)
    if before is not None and not before.state.final:
        raise Conflict(Detail.ALREADY_PROCESSING)
    recipe = presets.recipe_of(session, team_id=video.team_id, name=preset)
    job = _new_job(video, recipe, attempts=before.attempt if before else 0)
    session.add(job)
    session.flush()
    at = session.exec(select(func.now())).one()
    video.progress, video.preset_version = 0.0, recipe.version
    transitions.move(session, LockedJob(job=job, video=video, now=at), JobState.QUEUED)
    transitions.send(session, job, at=at)
    return job


def cancel(session: Session, *, job: Job) -> None:
    """Cancel an unfinished job and its parts. Running workers learn of it with their next heartbeat.

    Raises Conflict if it has ended.
    """
    locked = lock_job(session, job_id=job.id)
    if locked is None or locked.job.state.final:
        raise Conflict(Detail.ALREADY_ENDED)
    if locked.job.state is JobState.RUNNING:
        transitions.end(attempt_row(session, locked.job), Outcome.CANCELLED, at=locked.now)
    children.cancel(session, locked)
    if _has_begun(session, locked.job):
        retire_output(session, locked.video, locked.job.attempt, final=True)
    transitions.move(session, locked, JobState.CANCELLED)


def retry(session: Session, *, video: Video) -> Job:
    """Repeat a video's newest job if that failed or was cancelled. Raises Conflict for any other."""
    video = lock_video(session, video.id)
    before = newest(session, video_id=video.id)
    if before is None or before.state not in {JobState.FAILED, JobState.CANCELLED}:
        raise Conflict(Detail.NOT_RETRYABLE)
    return _again(session, video, before.preset)


def reprocess(session: Session, *, video: Video, preset: str) -> Job:
    """Process an ended video with another preset; its output stays until the new one is complete. Raises Conflict."""
    video = lock_video(session, video.id)
    if not video.status.final:
        raise Conflict(Detail.ALREADY_PROCESSING)
    return _again(session, video, preset)


def prioritize(session: Session, *, video: Video, priority: Priority) -> None:
    """Set the priority of the video's unfinished and future jobs. Follow-up jobs stay at `batch`."""
    video = lock_video(session, video.id)
    video.priority = priority
    unfinished = col(Job.state).in_([state for state in JobState if not state.final])
    not_follow_ups = col(Job.kind).not_in([kind for kind in JobKind if kind.afterwards])
    mine = col(Job.video_id) == video.id
    session.exec(update(Job).where(mine, unfinished, not_follow_ups).values(priority=priority))
    session.flush()


def newest(session: Session, *, video_id: UUID) -> Job | None:
    """The newest whole job of a video, which gives the video its status. None before the first."""
    return session.exec(
        select(Job)
        .where(col(Job.video_id) == video_id, col(Job.parent_id).is_(None))
        .order_by(col(Job.id).desc())
        .limit(1)
    ).one_or_none()


def _has_begun(session: Session, job: Job) -> bool:
    """True if the job's attempt number is its own; before its first attempt it is that of the video's previous job."""
    own = select(Attempt.id).where(Attempt.job_id == job.id, Attempt.number == job.attempt)
    return session.exec(own).one_or_none() is not None


def _again(session: Session, video: Video, preset: str) -> Job:
    if newest(session, video_id=video.id) is None:
        raise Conflict(Detail.UPLOAD_UNFINISHED)
    video.preset = preset
    return enqueue(session, video=video, preset=preset)


def _new_job(video: Video, recipe: Preset, *, attempts: int) -> Job:
    return Job(
        team_id=video.team_id,
        video_id=video.id,
        lane=Lane.QUICK,  # reading and planning; its parts encode
        priority=video.priority,
        preset=recipe.name,
        preset_version=recipe.version,
        recipe=recipe.to_json(),
        attempt=attempts,
        max_attempts=attempts + settings().max_attempts,
    )
