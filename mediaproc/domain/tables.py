"""The tables. Ids are UUIDs of version 7; times are UTC and aware; sizes are bytes and durations seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from mediaproc.domain.states import (
    JobKind,
    JobState,
    Lane,
    Outcome,
    Priority,
    RenditionKind,
    UploadState,
    VideoStatus,
)
from mediaproc.media.filters.hdr import SDR
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

E = TypeVar("E", bound=StrEnum)


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUID of version 7: sortable by time."""
    return uuid7()


class EnumText(TypeDecorator[StrEnum]):
    """A StrEnum kept as plain text, so that a new word needs no migration."""

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else self.words(value).value

    def process_result_value(self, value: Any, dialect: Any) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self.words(value)


class Rank(TypeDecorator[Priority]):
    """A priority kept as its place in their order, so that the database can sort by it: 0 goes first."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> int | None:  # noqa: ARG002
        return None if value is None else _RANKS.index(Priority(value))

    def process_result_value(self, value: Any, dialect: Any) -> Priority | None:  # noqa: ARG002
        return None if value is None else _RANKS[value]


_RANKS = list(Priority)


def _priority() -> Any:
    normal = str(_RANKS.index(Priority.NORMAL))
    return Field(default=Priority.NORMAL, sa_column=Column(Rank, nullable=False, server_default=normal))


def _word(words: type[StrEnum], *, nullable: bool = False, default: StrEnum | None = None) -> Any:
    return Column(EnumText(words), nullable=nullable, server_default=default.value if default else None)


def _time(*, nullable: bool = True) -> Any:
    return Column(DateTime(timezone=True), nullable=nullable)


def _created() -> Any:
    return Field(default_factory=now, sa_column=_time(nullable=False))


def _bytes(*, nullable: bool = False) -> Any:
    return Column(BigInteger, nullable=nullable)


# Accounts ---------------------------------------------------------------------------------------------------


class User(SQLModel, table=True):
    """A person who signs in. `email` is kept in lower case."""

    __tablename__ = "user_account"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = Field(max_length=320, unique=True)
    password_hash: str
    created_at: datetime = _created()


class Team(SQLModel, table=True):
    """Owns every other row. Each user has a personal one."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=200)
    personal: bool = True
    created_at: datetime = _created()


class Membership(SQLModel, table=True):
    """A user in a team."""

    team_id: UUID = Field(foreign_key="team.id", primary_key=True, ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", primary_key=True, ondelete="CASCADE", index=True)
    role: str = Field(default="owner", max_length=32)


class Session(SQLModel, table=True):
    """A sign-in on one device: the family of its refresh tokens. Ending it ends access at once."""

    __tablename__ = "sign_in_session"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    user_agent: str = Field(default="", max_length=400)
    created_at: datetime = _created()
    last_used_at: datetime = _created()
    ended_at: datetime | None = Field(default=None, sa_column=_time())


class RefreshToken(SQLModel, table=True):
    """One refresh token, by its SHA-256. Used once; a second use ends the session."""

    __tablename__ = "refresh_token"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID = Field(foreign_key="sign_in_session.id", index=True, ondelete="CASCADE")
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = _created()
    expires_at: datetime = Field(sa_column=_time(nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=_time())


class ApiKey(SQLModel, table=True):
    """A program's way in, by the SHA-256 of its key. `prefix` is how the key begins: people tell keys apart by it."""

    __tablename__ = "api_key"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_api_key_team_newest", "team_id", text("id DESC")),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    name: str = Field(max_length=100)
    prefix: str = Field(max_length=16)
    key_hash: str = Field(max_length=64, unique=True)
    scopes: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = _created()
    expires_at: datetime | None = Field(default=None, sa_column=_time())
    last_used_at: datetime | None = Field(default=None, sa_column=_time())
    revoked_at: datetime | None = Field(default=None, sa_column=_time())


class TeamPreset(SQLModel, table=True):
    """One version of a team's own preset, as the team wrote it; a change adds another one.

    Retired ones are offered no more, but what was uploaded for them is still made.
    """

    __tablename__ = "team_preset"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("team_id", "name", "version"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    name: str = Field(max_length=64)
    version: int
    recipe: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = _created()
    retired_at: datetime | None = Field(default=None, sa_column=_time())


class TeamImage(SQLModel, table=True):
    """A PNG that presets of a team lay over the picture, known by the SHA-256 of its bytes."""

    __tablename__ = "team_image"  # pyright: ignore[reportAssignmentType]

    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE", primary_key=True)
    digest: str = Field(max_length=64, primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    width: int
    height: int
    created_at: datetime = _created()


class IdempotentAnswer(SQLModel, table=True):
    """What a POST with an `Idempotency-Key` answered, for 24 hours. Unique for team, route and key."""

    __tablename__ = "idempotent_answer"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("team_id", "route", "key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    route: str = Field(max_length=200)
    key: str = Field(max_length=255)
    request_hash: str = Field(max_length=64)
    status: int
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = _created()


# Library ----------------------------------------------------------------------------------------------------


class Video(SQLModel, table=True):
    """A work in the library.

    `status` follows the newest job (`states.VIDEO_STATUS_OF_JOB`). `output_attempt` names the attempt whose
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
        Index("ix_video_source_team", "source_etag", "team_id", postgresql_where=text("source_etag IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    created_by_id: UUID | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL")
    filename: str = Field(max_length=255)
    title: str = Field(max_length=255)
    content_type: str = Field(default="", max_length=255)
    preset: str = Field(default="web", max_length=64)
    priority: Priority = _priority()
    """Of all its work, present and future."""
    preset_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    source_key: str = Field(max_length=512)
    source_etag: str | None = Field(default=None, max_length=128)
    """What storage calls the bytes: alike for the same bytes in parts of the same size. Known once they are read."""
    size_bytes: int = Field(sa_column=_bytes())
    status: VideoStatus = Field(default=VideoStatus.UPLOADING, sa_column=_word(VideoStatus))
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
    created_at: datetime = _created()
    ready_at: datetime | None = Field(default=None, sa_column=_time())


class Upload(SQLModel, table=True):
    """One S3 multipart upload of a video's source, in `part_count` parts of `part_size_bytes` (the last is smaller).

    It outlives a video that went away, so that whoever asks later learns what became of it.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE", index=True)
    video_id: UUID | None = Field(foreign_key="video.id", ondelete="SET NULL", index=True, nullable=True)
    s3_upload_id: str = Field(max_length=1024)
    object_key: str = Field(max_length=512)
    size_bytes: int = Field(sa_column=_bytes())
    part_size_bytes: int = Field(sa_column=_bytes())
    part_count: int
    state: UploadState = Field(default=UploadState.OPEN, sa_column=_word(UploadState))
    created_at: datetime = _created()
    expires_at: datetime = Field(sa_column=_time(nullable=False))
    completed_at: datetime | None = Field(default=None, sa_column=_time())


class Rendition(SQLModel, table=True):
    """One rung's encoded result, or a track that plays beside the rungs (`height` 0), made by one attempt.

    Names are unique within an attempt: `1080p`, `720p`, `480p`, `audio`, `audio-2`.
    """

    __table_args__ = (UniqueConstraint("video_id", "attempt", "name"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    video_id: UUID = Field(foreign_key="video.id", ondelete="CASCADE")
    attempt: int
    name: str = Field(max_length=64)
    kind: RenditionKind = Field(
        default=RenditionKind.VIDEO, sa_column=_word(RenditionKind, default=RenditionKind.VIDEO)
    )
    title: str = Field(default="", max_length=255, sa_column_kwargs={"server_default": ""})
    """What viewers call a track that plays beside the rungs."""
    language: str = Field(default="", max_length=35, sa_column_kwargs={"server_default": ""})
    """RFC 5646; empty where the source does not say."""
    role: Role = Field(default=Role.MAIN, sa_column=_word(Role, default=Role.MAIN))
    is_default: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    channels: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    codec: str = Field(max_length=32)
    video_range: str = Field(default=SDR, max_length=8, sa_column_kwargs={"server_default": SDR})
    """Of a picture: `SDR`, or `PQ` or `HLG` where HDR was kept."""
    codecs: str = Field(max_length=128)
    """RFC 6381, for the CODECS attribute of the multivariant playlist."""
    bitrate_bps: int = 0
    peak_bitrate_bps: int = 0
    size_bytes: int = Field(default=0, sa_column=_bytes())
    init_key: str = Field(max_length=512)
    mp4_key: str | None = Field(default=None, max_length=512)
    mp4_size_bytes: int | None = Field(default=None, sa_column=_bytes(nullable=True))
    vmaf: float | None = None
    """How close it comes to its source, 0 to 100; of pictures, and only once it was measured."""
    fingerprint: str | None = Field(default=None, max_length=64)
    """What it was made by (`media.fingerprints`); known once it is finished, of what other outputs may use again."""
    reused: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Whether it is a copy of what was made before, for another output."""
    finished: bool = False
    created_at: datetime = _created()

    @property
    def label(self) -> Label:
        """What a viewer is told of a track that plays beside the rungs."""
        return Label(self.title, self.language, self.role, self.is_default)


class Segment(SQLModel, table=True):
    """One addressable piece of a rendition, in S3 before its row is here. `number` counts from 0.

    Chunks end in any order and number their segments by the edges of time, so numbers are known beforehand. Where no
    frame falls between some edges there are fewer segments: `span` is how many numbers one takes.
    """

    rendition_id: UUID = Field(foreign_key="rendition.id", ondelete="CASCADE", primary_key=True)
    number: int = Field(primary_key=True)
    object_key: str = Field(max_length=512)
    duration_seconds: float
    size_bytes: int = Field(sa_column=_bytes())
    span: int = 1


class Storyboard(SQLModel, table=True):
    """The storyboard of one attempt's output: its grid, and when each tile begins. `storage.keys` names the sheets."""

    video_id: UUID = Field(foreign_key="video.id", ondelete="CASCADE", primary_key=True)
    attempt: int = Field(primary_key=True)
    tile_width: int
    tile_height: int
    columns: int
    rows: int
    starts_seconds: list[float] = Field(sa_column=Column(JSONB, nullable=False))
    preview_tiles: int
    created_at: datetime = _created()


# Work -------------------------------------------------------------------------------------------------------


class Job(SQLModel, table=True):
    """A durable intent. `attempt` is the number of the newest attempt: the fencing token of every write.

    Attempts are numbered on through all jobs of a video, so that no two of them share an output prefix: a retry
    after three attempts begins with `attempt` 3, and `max_attempts` is the highest number it may reach.

    A job that shares out its work (`parent_id` of its parts names it) stays running without a lease until its last
    part ends; its attempt `output` names the prefix that all parts write to. Parts count their attempts from 1.
    """

    __table_args__ = (
        Index("ix_job_waiting", "state", "next_attempt_at"),
        Index("ix_job_video_newest", "video_id", text("id DESC")),
        Index("ix_job_parent", "parent_id"),
        Index(
            "ix_job_whole_newest",
            "team_id",
            "state",
            text("id DESC NULLS LAST"),
            postgresql_where=text("parent_id IS NULL"),
        ),
        Index("ix_job_whole_of_video", "video_id", "id", postgresql_where=text("parent_id IS NULL")),
        Index(
            "ix_job_next",
            "lane",
            "priority",
            "team_id",
            text("chunk NULLS FIRST"),
            "id",
            postgresql_where=text("state IN ('queued', 'retrying') AND message_sent_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE", index=True)
    video_id: UUID = Field(foreign_key="video.id", ondelete="CASCADE")
    parent_id: UUID | None = Field(default=None, foreign_key="job.id", ondelete="CASCADE", nullable=True)
    output: int | None = None
    chunk: int | None = None
    """Of a part that encodes pictures: its place among the chunks, from 0."""
    start_seconds: float | None = None
    length_seconds: float | None = None
    undivided: bool = False
    """Whether it is done in one piece, because its chunks came to no good."""
    held: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Whether it waits for another part to end before it may begin."""
    progress: float = 0.0
    """Of a part; a whole video's is in its row."""
    kind: JobKind = Field(default=JobKind.PROCESS, sa_column=_word(JobKind))
    lane: Lane = Field(default=Lane.ENCODE, sa_column=_word(Lane))
    preset: str = Field(default="web", max_length=64)
    priority: Priority = _priority()
    """Its video's, here so that the next job is found by one index."""
    preset_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    recipe: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    """The preset as it was when this was asked for. Parts have that of their whole."""
    state: JobState = Field(default=JobState.QUEUED, sa_column=_word(JobState))
    attempt: int = 0
    max_attempts: int = 3
    lease_expires_at: datetime | None = Field(default=None, sa_column=_time())
    next_attempt_at: datetime | None = Field(default=None, sa_column=_time())
    message_sent_at: datetime | None = Field(default=None, sa_column=_time())
    error_code: str | None = Field(default=None, max_length=64)
    error_detail: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    created_at: datetime = _created()
    finished_at: datetime | None = Field(default=None, sa_column=_time())

    def lease_expired(self, at: datetime) -> bool:
        """Whether the worker that runs this job has been silent for too long."""
        return self.state is JobState.RUNNING and self.lease_expires_at is not None and self.lease_expires_at < at


class Turn(SQLModel, table=True):
    """When a team was last served on a lane: of those whose jobs wait, the one served longest ago is next."""

    lane: Lane = Field(sa_column=Column(EnumText(Lane), primary_key=True))
    team_id: UUID = Field(foreign_key="team.id", primary_key=True, ondelete="CASCADE", index=True)
    served_at: datetime = Field(sa_column=_time(nullable=False))


class Attempt(SQLModel, table=True):
    """One execution of a job by one worker. `number` counts from 1 and on through all jobs of the video."""

    __table_args__ = (UniqueConstraint("job_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE")
    number: int
    worker: str = Field(max_length=255)
    started_at: datetime = _created()
    ended_at: datetime | None = Field(default=None, sa_column=_time())
    outcome: Outcome | None = Field(default=None, sa_column=_word(Outcome, nullable=True))
    error_code: str | None = Field(default=None, max_length=64)
    error_detail: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    command: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    log_tail: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    poster_key: str | None = Field(default=None, max_length=512)


class Leftover(SQLModel, table=True):
    """Objects under `prefix` that nothing shows any more, to be swept from S3 after `sweep_after`."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    prefix: str = Field(max_length=512)
    sweep_after: datetime = Field(default_factory=now, sa_column=_time(nullable=False))
    created_at: datetime = _created()
