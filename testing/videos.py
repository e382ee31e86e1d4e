"""Videos of a test: rows, events and stored objects."""

from __future__ import annotations

import math
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from mediaproc import database
from mediaproc.domain.tables import Rendition, Segment, Storyboard, Team, Video, new_id
from mediaproc.events import publisher, streams
from mediaproc.events.messages import Event
from mediaproc.operations.jobs import execution
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client


def make_video(session: Session, *, filename: str = "clip.mp4", size_bytes: int = 1) -> Video:
    """Insert a video in a new team, in the state after a completed upload."""
    team = Team(name="Test")
    session.add(team)
    session.flush()
    id = new_id()
    source = keys.source(id, filename)
    video = Video(id=id, team_id=team.id, filename=filename, title=filename, source_key=source, size_bytes=size_bytes)
    session.add(video)
    session.flush()
    return video


def storyboard_keys_of(video_id: UUID) -> set[str]:
    """Object keys that the storyboards of a video refer to."""
    with database.transaction() as session:
        found = session.exec(select(Storyboard).where(col(Storyboard.video_id) == video_id)).all()
    sheets = [(each, number) for each in found for number in range(_sheets(each))]
    named = {keys.storyboard_sheet(video_id, each.attempt, number) for each, number in sheets}
    return named | {keys.preview(video_id, each.attempt) for each in found}


def _sheets(board: Storyboard) -> int:
    return math.ceil(len(board.starts_seconds) / (board.columns * board.rows))


def renditions_of(video_id: UUID) -> dict[str, Rendition]:
    """Renditions of a video by name."""
    with database.transaction() as session:
        found = session.exec(select(Rendition).where(col(Rendition.video_id) == video_id)).all()
        return {rendition.name: rendition for rendition in found}


def segments_of(rendition: Rendition) -> list[Segment]:
    """Segments of a rendition, in order."""
    with database.transaction() as session:
        return execution.segments_of(session, rendition)


def events_of(video_id: UUID) -> list[Event]:
    """Every event published on a video."""
    entries = publisher.connection().xrange(streams.video_stream(video_id))
    return [Event.from_entry(cursor, fields) for cursor, fields in entries]


def fetched(key: str | None, folder: Path) -> Path:
    """Download an object to a folder. Returns the path, named after the key's last part."""
    assert key
    path = folder / key.rpartition("/")[2]
    client().download_file(settings().s3_bucket, key, str(path))
    return path


def stitched(rendition: Rendition, folder: Path) -> Path:
    """Download the init segment and all segments into one file, as a player reads them."""
    bucket, wanted = settings().s3_bucket, [rendition.init_key, *(each.object_key for each in segments_of(rendition))]
    path = folder / f"{rendition.name}.stitched.mp4"
    path.write_bytes(b"".join(client().get_object(Bucket=bucket, Key=key)["Body"].read() for key in wanted))
    return path


def video_now(video_id: UUID) -> Video:
    """The video's current row."""
    with database.transaction() as session:
        return session.exec(select(Video).where(col(Video.id) == video_id)).one()
