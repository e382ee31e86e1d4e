"""Videos, and what plays of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from mediaproc.client.models.base import ErrorDetail, Model
from mediaproc.client.models.jobs import JobSummary

VideoStatus = Literal["uploading", "queued", "processing", "completed", "failed", "cancelled"] | str
VideoOrder = (
    Literal[
        "-created_at", "created_at", "title", "-title", "-size_bytes", "size_bytes", "-duration_seconds",
        "duration_seconds",
    ]
    | str
)  # fmt: skip
"""Field to sort videos by; descending with a leading minus."""
Priority = Literal["interactive", "normal", "batch"] | str
TrackKind = Literal["audio", "subtitles"] | str
TrackRole = Literal["main", "description", "commentary", "captions", "forced"] | str

FINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
"""Statuses that change only when somebody asks for it."""


class Rendition(Model):
    """One encoded file of a video. Sizes are in pixels, `bitrate_bps` in bits per second."""

    id: str
    name: str
    height: int
    width: int
    codec: str
    bitrate_bps: int
    size_bytes: int
    suffix: str | None = None
    """File name suffix of a rendition that is a file only, such as `gif`."""
    vmaf: float | None = None
    """Quality compared with the source, 0 to 100. Measured shortly after the video is completed."""


class Playback(Model):
    """URLs to play a video. Each carries a token, so a player needs no API key."""

    hls_url: str
    instant: bool
    """True while the stream is a copy of the source. It gains renditions once they are encoded."""
    dash_url: str | None = None
    storyboard_url: str | None = None
    """WebVTT with preview images for the seek bar."""


class Preview(Model):
    """Preview image of a video: one file with `tiles` frames side by side."""

    url: str
    tiles: int


class Track(Model):
    """Audio or subtitle track that plays next to the video. `language` is an RFC 5646 tag."""

    name: str
    kind: TrackKind
    title: str
    codec: str
    language: str | None = None
    role: TrackRole = "main"
    is_default: bool = False
    channels: int | None = None


class Place(Model):
    """Place of a video among those of the team that wait for a worker, from 1."""

    position: int
    length: int


class Video(Model):
    """A video. Durations are in seconds, sizes in pixels and bytes, `progress` in percent (0 to 100)."""

    id: str
    filename: str
    title: str
    status: VideoStatus
    playable: bool
    """True as soon as any part of it plays, which is before it is completed."""
    progress: float
    preset: str
    preset_version: int = 1
    priority: Priority = "normal"
    """Priority of its waiting and future jobs."""
    size_bytes: int
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    created_at: datetime
    ready_at: datetime | None = None
    error: ErrorDetail | None = None
    """Why it failed."""
    poster_url: str | None = None
    preview: Preview | None = None
    playback: Playback | None = None
    renditions: list[Rendition]
    tracks: list[Track] = Field(default_factory=list[Track])
    job: JobSummary | None = None
    """The newest job."""
    queue: Place | None = None
    """Its place in the queue while it waits for a worker."""

    @property
    def final(self) -> bool:
        """True if its status changes only when somebody asks for it."""
        return self.status in FINAL
