"""What the API answers, as values. Members that this version doesn't know are kept, in `model_extra`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

FINAL = frozenset({"completed", "failed", "cancelled"})
"""Statuses after which nothing more happens by itself."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class User(_Answer):
    """A person with an account."""

    id: str
    email: str
    created_at: datetime


class Trouble(_Answer):
    """Why something failed."""

    code: str
    detail: str


class Rendition(_Answer):
    """One encoded size of a video."""

    id: str
    name: str
    height: int
    width: int
    codec: str
    bitrate_bps: int
    size_bytes: int
    suffix: str | None = None
    vmaf: float | None = None
    """How close it comes to the source, 0 to 100; measured soon after the video is completed."""


class Playback(_Answer):
    """Where to play a video."""

    hls_url: str
    instant: bool = False
    """Whether it is the source's own picture, until the renditions are made: then there is more to read."""
    dash_url: str | None = None
    storyboard_url: str | None = None


class Track(_Answer):
    """A sound or subtitles that play beside the picture. `kind` is `audio` or `subtitles`; `language` RFC 5646."""

    name: str
    kind: str
    title: str
    codec: str
    language: str | None = None
    role: str = "main"
    is_default: bool = False
    channels: int | None = None


class Job(_Answer):
    """The newest job of a video."""

    id: str
    status: str
    attempt_count: int
    max_attempts: int
    next_attempt_at: datetime | None = None


class Video(_Answer):
    """A video. `status` is a word; new ones may come."""

    id: str
    filename: str
    title: str
    status: str
    playable: bool
    progress: float
    preset: str
    size_bytes: int
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    created_at: datetime
    ready_at: datetime | None = None
    error: Trouble | None = None
    poster_url: str | None = None
    playback: Playback | None = None
    renditions: list[Rendition] = []
    tracks: list[Track] = []
    job: Job | None = None

    @property
    def final(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in FINAL


class Preset(_Answer):
    """A recipe."""

    name: str
    version: int
    title: str
    description: str
    codec: str
    rungs: list[dict[str, Any]]
    containers: list[str]


class ApiKey(_Answer):
    """An API key, without the key."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


class NewApiKey(ApiKey):
    """An API key with the key itself, which is told this once."""

    key: str


class Webhook(_Answer):
    """An address that is told of events. `disabled_reason` says why it is off, if it is."""

    id: str
    url: str
    description: str
    events: list[str]
    enabled: bool
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    failing_since: datetime | None = None
    created_at: datetime


class NewWebhook(Webhook):
    """A webhook with the secret that verifies its requests, which is told this once."""

    secret: str


class Delivery(_Answer):
    """One event for one webhook, and what was answered last. `status` is a word; `failed` is given up."""

    id: str
    event_id: str
    event: str
    video_id: str | None = None
    status: str
    attempt_count: int
    created_at: datetime
    attempted_at: datetime | None = None
    next_attempt_at: datetime | None = None
    request_body: str
    response_status: int | None = None
    response_body: str = ""
    duration_seconds: float | None = None
    error: str | None = None


class PartUrl(_Answer):
    """Where to PUT one part."""

    part_number: int
    url: str


class UploadedPart(_Answer):
    """A part that storage has."""

    part_number: int
    size_bytes: int


class Upload(_Answer):
    """An upload: part n holds the bytes from (n−1) · part_size_bytes on."""

    id: str
    video_id: str | None = None
    state: str = "open"
    size_bytes: int
    part_size_bytes: int
    part_count: int
    parts: list[PartUrl] = []
    uploaded_parts: list[UploadedPart] = []


@dataclass(frozen=True)
class Event:
    """Something that happened to a video. `id` is what to resume after; `type` is a word, new ones may come."""

    id: str
    type: str
    data: dict[str, Any]

    @property
    def final(self) -> bool:
        """Whether this says that nothing more will happen by itself."""
        return self.type == "removed" or (self.type == "status" and self.data.get("status") in FINAL)


@dataclass(frozen=True)
class Transfer:
    """How far a transfer is."""

    done_bytes: int
    total_bytes: int
