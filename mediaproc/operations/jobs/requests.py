"""What a person or program asks of a video's work: begin it, stop it, begin it again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Conflict
from mediaproc.domain.states import JobKind, JobState, Lane, Outcome, Priority, VideoStatus
from mediaproc.domain.tables import Attempt, Job, Video
from mediaproc.media.presets import Preset
from mediaproc.operations import presets
from mediaproc.operations.jobs import children, transitions
from mediaproc.operations.jobs.lease import Held, attempt_row, hold, hold_video
from mediaproc.operations.jobs.output_cleanup import leave_output
from mediaproc.settings import settings


def enqueue(session: Session, *, video: Video, preset: str) -> Job:
    """A new job for the video, queued and sent. Raises Conflict while another one is unfinished."""
    video = hold_video(session, video.id)
    before = newest(session, video_id=video.id)
    if before is not None and not before.state.final:
        raise Conflict("This video is being processed already")
    recipe = presets.recipe_of(session, team_id=video.team_id, name=preset)
    job = _new_job(video, recipe, attempts=before.attempt if before else 0)
    session.add(job)
    session.flush()
    at = session.exec(select(func.now())).one()
    video.progress, video.preset_version = 0.0, recipe.version
    transitions.move(session, Held(job=job, video=video, now=at), JobState.QUEUED)
    transitions.send(session, job, at=at)
    return job


def cancel(session: Session, *, job: Job) -> None:
    """End an unfinished job with its parts. Running workers learn it by their next heartbeat.

    Raises Conflict if it has ended.
    """
    held = hold(session, job_id=job.id)
    if held is None or held.job.state.final:
        raise Conflict("This has ended already")
    if held.job.state is JobState.RUNNING:
        transitions.end(attempt_row(session, held.job), Outcome.CANCELLED, at=held.now)
    children.cancel(session, held)
    if _has_begun(session, held.job):
        leave_output(session, held.video, held.job.attempt, for_good=True)
    transitions.move(session, held, JobState.CANCELLED)


def retry(session: Session, *, video: Video) -> Job:
    """Begin again what failed or was cancelled, as a new job. Raises Conflict otherwise."""
    video = hold_video(session, video.id)
    if video.status not in {VideoStatus.FAILED, VideoStatus.CANCELLED}:
        raise Conflict("Only what failed or was cancelled can be tried again")
    return _again(session, video, video.preset)


def reprocess(session: Session, *, video: Video, preset: str) -> Job:
    """Process an ended video with another preset. What it has now stays until the new output is whole."""
    video = hold_video(session, video.id)
    if not video.status.final:
        raise Conflict("This video is being processed already")
    return _again(session, video, preset)


def prioritize(session: Session, *, video: Video, priority: Priority) -> None:
    """Let the video's work go before or after others': what waits now, and what comes later.

    What comes after the end of its work stays behind everything that somebody waits for.
    """
    video = hold_video(session, video.id)
    video.priority = priority
    unfinished = col(Job.state).in_([state for state in JobState if not state.final])
    waited_for = col(Job.kind).not_in([kind for kind in JobKind if kind.afterwards])
    mine = col(Job.video_id) == video.id
    session.exec(update(Job).where(mine, unfinished, waited_for).values(priority=priority))
    session.flush()


def newest(session: Session, *, video_id: UUID) -> Job | None:
    """The job that gives the video its status: not a part of one."""
    return session.exec(
        select(Job)
        .where(col(Job.video_id) == video_id, col(Job.parent_id).is_(None))
        .order_by(col(Job.id).desc())
        .limit(1)
    ).one_or_none()


def _has_begun(session: Session, job: Job) -> bool:
    """Whether its attempt number is one of its own; until its first attempt it is that of the video's job before."""
    own = select(Attempt.id).where(Attempt.job_id == job.id, Attempt.number == job.attempt)
    return session.exec(own).one_or_none() is not None


def _again(session: Session, video: Video, preset: str) -> Job:
    if newest(session, video_id=video.id) is None:
        raise Conflict("The upload of this video was never finished")
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
