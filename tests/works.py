"""Rows and waits that tests of the work need."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from mediaproc import database
from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Attempt, Job, Rendition, Segment, Storyboard, Team, Video, new_id
from mediaproc.events import publisher, streams
from mediaproc.events.messages import Event
from mediaproc.operations.jobs import children, execution, requests
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client
from mediaproc_worker import attempt

T = TypeVar("T")


def make_video(session: Session, *, filename: str = "clip.mp4", size_bytes: int = 1) -> Video:
    """A video of a team of its own, as it is when its upload has just been completed."""
    team = Team(name="Test")
    session.add(team)
    session.flush()
    id = new_id()
    source = keys.source(id, filename)
    video = Video(id=id, team_id=team.id, filename=filename, title=filename, source_key=source, size_bytes=size_bytes)
    session.add(video)
    session.flush()
    return video


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


def storyboard_keys_of(video_id: UUID) -> set[str]:
    """The objects that the storyboards of a video name."""
    with database.transaction() as session:
        found = session.exec(select(Storyboard).where(col(Storyboard.video_id) == video_id)).all()
    sheets = [(each, number) for each in found for number in range(_sheets(each))]
    named = {keys.storyboard_sheet(video_id, each.attempt, number) for each, number in sheets}
    return named | {keys.preview(video_id, each.attempt) for each in found}


def _sheets(board: Storyboard) -> int:
    return math.ceil(len(board.starts_seconds) / (board.columns * board.rows))


def renditions_of(video_id: UUID) -> dict[str, Rendition]:
    """The renditions of a video by their names."""
    with database.transaction() as session:
        found = session.exec(select(Rendition).where(col(Rendition.video_id) == video_id)).all()
        return {rendition.name: rendition for rendition in found}


def segments_of(rendition: Rendition) -> list[Segment]:
    """The segments of a rendition, in order."""
    with database.transaction() as session:
        return execution.segments_of(session, rendition)


def events_of(video_id: UUID) -> list[Event]:
    """Everything that was told of a video."""
    entries = publisher.connection().xrange(streams.video_stream(video_id))
    return [Event.from_entry(cursor, fields) for cursor, fields in entries]


def fetched(key: str | None, folder: Path) -> Path:
    """An object of storage as a file in a folder, under its own name."""
    assert key
    path = folder / key.rpartition("/")[2]
    client().download_file(settings().s3_bucket, key, str(path))
    return path


def stitched(rendition: Rendition, folder: Path) -> Path:
    """Init segment and segments from S3, one after another, as a player reads them."""
    bucket, wanted = settings().s3_bucket, [rendition.init_key, *(each.object_key for each in segments_of(rendition))]
    path = folder / f"{rendition.name}.stitched.mp4"
    path.write_bytes(b"".join(client().get_object(Bucket=bucket, Key=key)["Body"].read() for key in wanted))
    return path


def job_now(job_id: UUID) -> Job:
    """The job's row as it is now."""
    with database.transaction() as session:
        return session.exec(select(Job).where(col(Job.id) == job_id)).one()


def video_now(video_id: UUID) -> Video:
    """The video's row as it is now."""
    with database.transaction() as session:
        return session.exec(select(Video).where(col(Video.id) == video_id)).one()


def attempts_of(job_id: UUID) -> list[Attempt]:
    """The attempts of a job, in order."""
    with database.transaction() as session:
        query = select(Attempt).where(col(Attempt.job_id) == job_id).order_by(col(Attempt.number))
        return list(session.exec(query).all())


def eventually(found: Callable[[], T], *, seconds: float = 20.0) -> T:
    """The first truthy answer. Raises AssertionError when there was none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return answer


def forget_waiting() -> None:
    """Cancel what earlier tests left waiting: a worker takes whatever job is next, not the one of this test."""
    with database.transaction() as session:
        waiting = col(Job.state).in_([JobState.QUEUED, JobState.RETRYING])
        session.exec(update(Job).where(waiting).values(state=JobState.CANCELLED))
