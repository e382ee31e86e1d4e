"""Tables of the library: videos, and the renditions, segments and storyboards that play."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mediaproc.domain.states import Priority, RenditionKind, VideoStatus
from mediaproc.domain.tables.columns import (
    bytes_column,
    created_at_field,
    enum_column,
    new_id,
    priority_field,
    time_column,
)
from mediaproc.media.filters.hdr import SDR
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label


class Video(SQLModel, table=True):
    """A video in the library.

    `status` follows the newest job (`states.video_status`). `output_attempt` names the attempt whose
    renditions, poster and segments are shown; it changes in one UPDATE.
    """

    __table_args__ = (
        Index("ix_video_team_newest", "team_id", text("id DESC NULLS LAST")),
        Index("ix_video_team_status_newest", "team_id", "status", text("id DESC NULLS LAST")),
        Index(
            "ix_video_names",
            "title",
            "filename",
            postgresql_using="gin",
            postgresql_ops={"title": "gin_trgm_ops", "filename": "gin_trgm_ops"},
        ),
        Index("ix_video_team_title", "team_id", text("lower(title)"), "id"),
        Index("ix_video_team_size", "team_id", "size_bytes", "id"),
        Index("ix_video_team_duration", "team_id", text("coalesce(duration_seconds, 0.0)"), "id"),
        Index("ix_video_trash", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index("ix_video_source_team", "source_etag", "team_id", postgresql_where=text("source_etag IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    created_by_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    filename: str = Field(max_length=255)
    title: str = Field(max_length=255)
    content_type: str = Field(default="", max_length=255)
    preset: str = Field(default="web", max_length=64)
    priority: Priority = priority_field()
    """The priority of all its jobs, unfinished and future ones."""
    preset_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    source_key: str = Field(max_length=512)
    source_etag: str | None = Field(default=None, max_length=128)
    """Storage's ETag: equal for the same bytes in parts of the same size. None until the source is read."""
    size_bytes: int = Field(sa_column=bytes_column())
    status: VideoStatus = Field(default=VideoStatus.UPLOADING, sa_column=enum_column(VideoStatus))
    playable: bool = False
    progress: float = 0.0
    output_attempt: int | None = None
    poster_key: str | None = Field(default=None, max_length=512)
    media_info: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    error_code: str | None = Field(default=None, max_length=64)
    error_detail: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    created_at: datetime = created_at_field()
    ready_at: datetime | None = Field(default=None, sa_column=time_column())
    deleted_at: datetime | None = Field(default=None, sa_column=time_column())
    """When it was moved to the trash, where nothing shows it; None otherwise."""

    @property
    def ready(self) -> bool:
        """True if it has a complete output, which stays until another is complete."""
        return self.ready_at is not None and self.output_attempt is not None


class Rendition(SQLModel, table=True):
    """The encoded result of one rung, or an audio or subtitle track (`height` 0), made by one attempt.

    Names are unique within an attempt: `1080p`, `720p`, `480p`, `audio`, `audio-2`.
    """

    __table_args__ = (UniqueConstraint("video_id", "attempt", "name"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    video_id: UUID = Field(foreign_key="video.id", ondelete="CASCADE")
    attempt: int
    name: str = Field(max_length=64)
    kind: RenditionKind = Field(
        default=RenditionKind.VIDEO, sa_column=enum_column(RenditionKind, default=RenditionKind.VIDEO)
    )
    title: str = Field(default="", max_length=255, sa_column_kwargs={"server_default": ""})
    """Name of an audio or subtitle track in players' menus."""
    language: str = Field(default="", max_length=35, sa_column_kwargs={"server_default": ""})
    """RFC 5646; empty if the source names none."""
    role: Role = Field(default=Role.MAIN, sa_column=enum_column(Role, default=Role.MAIN))
    is_default: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    channels: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    codec: str = Field(max_length=32)
    video_range: str = Field(default=SDR, max_length=8, sa_column_kwargs={"server_default": SDR})
    """`SDR`, or `PQ` or `HLG` if the video kept its HDR."""
    codecs: str = Field(max_length=128)
    """RFC 6381, for the CODECS attribute of the multivariant playlist."""
    bitrate_bps: int = 0
    peak_bitrate_bps: int = 0
    size_bytes: int = Field(default=0, sa_column=bytes_column())
    init_key: str = Field(max_length=512)
    mp4_key: str | None = Field(default=None, max_length=512)
    mp4_size_bytes: int | None = Field(default=None, sa_column=bytes_column(nullable=True))
    vmaf: float | None = None
    """Similarity to the source, 0 to 100; of rungs only, and only once measured."""
    fingerprint: str | None = Field(default=None, max_length=64)
    """How it was encoded (`media.fingerprints`), by which other outputs may reuse it. Set once it is finished."""
    reused: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """True if it is a copy of another output's rendition."""
    finished: bool = False
    created_at: datetime = created_at_field()

    @property
    def label(self) -> Label:
        """The track's entry in players' menus."""
        return Label(self.title, self.language, self.role, self.is_default)


class Segment(SQLModel, table=True):
    """A segment of a rendition; its object is in S3 before the row is written. `number` counts from 0.

    Chunks end in any order, so segments are numbered by their place on the grid of segment edges. If frames are too far
    apart for some edges there are fewer segments: `span` is how many numbers one takes.
    """

    rendition_id: UUID = Field(foreign_key="rendition.id", ondelete="CASCADE", primary_key=True)
    number: int = Field(primary_key=True)
    object_key: str = Field(max_length=512)
    keyframe_bytes: int | None = None
    """Size up to the end of its first frame, for I-frame playlists; None for audio, text and older videos."""
    duration_seconds: float
    size_bytes: int = Field(sa_column=bytes_column())
    span: int = 1


class Storyboard(SQLModel, table=True):
    """The storyboard of one attempt's output: its grid, and and the start of each tile in seconds."""

    video_id: UUID = Field(foreign_key="video.id", ondelete="CASCADE", primary_key=True)
    attempt: int = Field(primary_key=True)
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    starts_seconds: list[float] = Field(sa_column=Column(JSONB, nullable=False))
    preview_tiles: int
    created_at: datetime = created_at_field()
