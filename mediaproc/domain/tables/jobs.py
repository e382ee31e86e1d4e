"""Tables of jobs: jobs, attempts, the schedule of teams, and leftover objects."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mediaproc.domain.states import JobKind, JobState, Lane, Outcome, Priority
from mediaproc.domain.tables.columns import (
    EnumText,
    created_at_field,
    enum_column,
    new_id,
    now,
    priority_field,
    rank_field,
    time_column,
)


class Job(SQLModel, table=True):
    """A job: durable intent to process a video, or a part of one.

    `attempt` is the number of the newest attempt: the fencing token of every write.

    Attempts are numbered through all jobs of a video, so that no two share an output prefix: a retry after three
    attempts begins with `attempt` 3, and `max_attempts` is the highest number it may reach.

    A split job (its parts name it in `parent_id`) stays running without a lease until its last part ends. All parts
    write to the output of its attempt `output`. Parts count their attempts from 1.
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
            "rank",
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
    """Of a part that encodes video: the number of its chunk, from 0."""
    start_seconds: float | None = None
    length_seconds: float | None = None
    undivided: bool = False
    """True if it is done in one piece, because encoding in chunks failed."""
    held: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """True if it may not be claimed until another part releases it."""
    progress: float = 0.0
    """Percent, of a part; that of the whole is in the video's row."""
    kind: JobKind = Field(default=JobKind.PROCESS, sa_column=enum_column(JobKind))
    lane: Lane = Field(default=Lane.ENCODE, sa_column=enum_column(Lane))
    preset: str = Field(default="web", max_length=64)
    priority: Priority = priority_field()
    """A copy of its video's, so that one index finds the next job."""
    rank: int = rank_field()
    """Its place among the waiting jobs of its team on its lane (see `domain.fair_ranks`), the lowest first."""
    preset_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    recipe: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    """The preset as it was when the job was enqueued. Parts have that of their whole."""
    state: JobState = Field(default=JobState.QUEUED, sa_column=enum_column(JobState))
    attempt: int = 0
    max_attempts: int = 3
    lease_expires_at: datetime | None = Field(default=None, sa_column=time_column())
    next_attempt_at: datetime | None = Field(default=None, sa_column=time_column())
    message_sent_at: datetime | None = Field(default=None, sa_column=time_column())
    error_code: str | None = Field(default=None, max_length=64)
    error_detail: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    created_at: datetime = created_at_field()
    finished_at: datetime | None = Field(default=None, sa_column=time_column())

    def lease_expired(self, at: datetime) -> bool:
        """True if the worker that runs this job has not renewed its lease in time."""
        return self.state is JobState.RUNNING and self.lease_expires_at is not None and self.lease_expires_at < at


class TeamSchedule(SQLModel, table=True):
    """The time at which a team was last served on a lane: of the waiting teams, the one served longest ago is next.

    `started_rank` is the rank of the team's last video that began there, `served_rank` the highest that was taken.
    """

    __tablename__ = "turn"  # pyright: ignore[reportAssignmentType]  # the name in the database stays

    lane: Lane = Field(sa_column=Column(EnumText(Lane), primary_key=True))
    team_id: UUID = Field(foreign_key="team.id", primary_key=True, ondelete="CASCADE", index=True)
    served_at: datetime = Field(sa_column=time_column(nullable=False))
    started_rank: int = rank_field()
    served_rank: int = rank_field()


class Attempt(SQLModel, table=True):
    """One execution of a job by one worker. `number` counts from 1, through all jobs of the video."""

    __table_args__ = (UniqueConstraint("job_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE")
    number: int
    worker: str = Field(max_length=255)
    started_at: datetime = created_at_field()
    ended_at: datetime | None = Field(default=None, sa_column=time_column())
    outcome: Outcome | None = Field(default=None, sa_column=enum_column(Outcome, nullable=True))
    error_code: str | None = Field(default=None, max_length=64)
    error_detail: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    command: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    log_tail: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    poster_key: str | None = Field(default=None, max_length=512)


class Leftover(SQLModel, table=True):
    """Objects in S3 under `prefix` that nothing shows any more, to be deleted after `sweep_after`."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    prefix: str = Field(max_length=512)
    sweep_after: datetime = Field(default_factory=now, sa_column=time_column(nullable=False))
    created_at: datetime = created_at_field()
