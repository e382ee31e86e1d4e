"""Ingest: create a video from a source, wherever the source's bytes are. Uploads come through here.

A `Source` knows how it is read. To add one (a URL, several objects): a class with the four methods here, what
`source_of` needs to find it again in the video's row, and the operation that begins it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from mediaproc.domain.states import Priority
from mediaproc.domain.tables import Video
from mediaproc.events.messages import EventType
from mediaproc.operations import filenames, presets
from mediaproc.operations.jobs import transitions
from mediaproc.operations.scope import Principal
from mediaproc.storage import multipart, objects
from mediaproc.storage.multipart import UploadedPart


class Source(Protocol):
    """How a video's source is read. All methods raise SourceMissing and StorageFailed but `url`."""

    @property
    def size_bytes(self) -> int:
        """The size of the whole source."""
        ...

    def url(self, *, seconds: int) -> str:
        """An address for FFmpeg, which reads it by range; valid for `seconds`."""
        ...

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset` on, fewer at the end."""
        ...

    def etag(self) -> str | None:
        """A word that is equal for equal bytes (see `jobs.duplicates`); None if there is none or the source is gone."""
        ...

    def copy_part(self, key: str, *, upload_id: str, part_number: int, start: int, end: int) -> UploadedPart:
        """Copy the bytes from `start` to before `end` into a part of a multipart upload, without downloading them."""
        ...


@dataclass(frozen=True)
class ObjectSource:
    """A source that is one object in the bucket: every upload."""

    key: str
    size_bytes: int

    def url(self, *, seconds: int) -> str:
        return objects.url_for_servers(self.key, seconds=seconds)

    def read(self, offset: int, size: int) -> bytes:
        return objects.get_range(self.key, offset, size)

    def etag(self) -> str | None:
        stored = objects.head(self.key)
        return (stored.etag or None) if stored else None

    def copy_part(self, key: str, *, upload_id: str, part_number: int, start: int, end: int) -> UploadedPart:
        return multipart.copy_part(
            key, upload_id=upload_id, part_number=part_number, source_key=self.key, start=start, end=end
        )


@dataclass(frozen=True)
class NewVideo:
    """Caller's choices for a new video. `content_type` is the claimed media type, empty if unknown."""

    id: UUID
    filename: str
    content_type: str
    preset: str
    priority: Priority


def create_video_from(session: Session, principal: Principal, source: ObjectSource, new: NewVideo) -> Video:
    """Create a video whose bytes are, or will be, at the source. Raises Invalid for an unknown preset.

    Its status is `uploading` until `jobs.requests.enqueue` says that the source can be read.
    """
    presets.check(session, principal, new.preset)
    video = Video(
        id=new.id,
        team_id=principal.team_id,
        created_by_id=principal.user_id,
        filename=new.filename,
        title=filenames.stem(new.filename),
        content_type=new.content_type,
        preset=new.preset,
        priority=new.priority,
        source_key=source.key,
        size_bytes=source.size_bytes,
    )
    session.add(video)
    session.flush()
    transitions.publish(session, video, EventType.STATUS, {"status": video.status.value})
    return video


def source_of(video: Video) -> Source:
    """The source of a video."""
    return ObjectSource(key=video.source_key, size_bytes=video.size_bytes)
