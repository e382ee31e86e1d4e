"""Every object key is made here.

videos/{video_id}/source/{filename}
videos/{video_id}/output/{attempt}/poster.jpg
videos/{video_id}/output/{attempt}/burnt.ass
videos/{video_id}/output/{attempt}/storyboard/{number:03}.jpg
videos/{video_id}/output/{attempt}/storyboard/preview.jpg
videos/{video_id}/output/{attempt}/{rendition}/init.mp4
videos/{video_id}/output/{attempt}/{rendition}/{number:06}.m4s
videos/{video_id}/output/{attempt}/{rendition}/{number:06}.{again}.m4s
videos/{video_id}/output/{attempt}/{rendition}.mp4
videos/{video_id}/output/{attempt}/{rendition}.{suffix}
"""

from __future__ import annotations

import re
from uuid import UUID


def video_prefix(video_id: UUID) -> str:
    """Everything of a video."""
    return f"videos/{video_id}/"


def source(video_id: UUID, filename: str) -> str:
    """The uploaded bytes. The name is reduced to safe characters; the row keeps the real one."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", filename).strip("._")[-100:]
    return f"{video_prefix(video_id)}source/{safe or 'source'}"


def output_prefix(video_id: UUID, attempt: int) -> str:
    """Everything that one attempt wrote."""
    return f"{video_prefix(video_id)}output/{attempt}/"


def poster(video_id: UUID, attempt: int) -> str:
    """The main still, JPEG."""
    return f"{output_prefix(video_id, attempt)}poster.jpg"


def burnt_text(video_id: UUID, attempt: int) -> str:
    """The subtitles that are burnt in, for all chunks alike."""
    return f"{output_prefix(video_id, attempt)}burnt.ass"


def rendition_prefix(video_id: UUID, attempt: int, rendition: str) -> str:
    """The segments of one rendition."""
    return f"{output_prefix(video_id, attempt)}{rendition}/"


def rendition_of(prefix: str) -> tuple[UUID, int, str] | None:
    """Video, attempt and name of a rendition by its prefix; None for any other."""
    found = re.fullmatch(r"videos/([0-9a-f-]{36})/output/(\d+)/([^/]+)/", prefix)
    return (UUID(found[1]), int(found[2]), found[3]) if found else None


def storyboard_sheet(video_id: UUID, attempt: int, number: int) -> str:
    """A sprite sheet of the storyboard, counted from 0, JPEG."""
    return f"{output_prefix(video_id, attempt)}storyboard/{number:03}.jpg"


def preview(video_id: UUID, attempt: int) -> str:
    """The strip of tiles that a list plays, JPEG."""
    return f"{output_prefix(video_id, attempt)}storyboard/preview.jpg"


def init_segment(video_id: UUID, attempt: int, rendition: str) -> str:
    """A rendition's CMAF header."""
    return f"{output_prefix(video_id, attempt)}{rendition}/init.mp4"


def shared_init_segment(video_id: UUID, attempt: int, rendition: str, digest: str) -> str:
    """The CMAF header that all chunks of a rendition wrote alike: one that differs has another key."""
    return f"{output_prefix(video_id, attempt)}{rendition}/init.{digest[:16]}.mp4"


def segment(video_id: UUID, attempt: int, rendition: str, number: int, *, again: int = 1) -> str:
    """A rendition's CMAF segment, counted from 0. A part of a job that is tried `again` never writes over the first."""
    name = f"{number:06}" if again == 1 else f"{number:06}.{again}"
    return f"{output_prefix(video_id, attempt)}{rendition}/{name}.m4s"


def piece_like(video_id: UUID, attempt: int, rendition: str, key: str) -> str:
    """An init segment or a segment that is a copy of one of another output."""
    return f"{rendition_prefix(video_id, attempt, rendition)}{key.rpartition('/')[2]}"


def download(video_id: UUID, attempt: int, rendition: str) -> str:
    """A rendition as one MP4 file."""
    return f"{output_prefix(video_id, attempt)}{rendition}.mp4"


def file(video_id: UUID, attempt: int, rendition: str, suffix: str) -> str:
    """A rendition that is a file of another sort: a sound, a loop."""
    return f"{output_prefix(video_id, attempt)}{rendition}.{suffix}"
