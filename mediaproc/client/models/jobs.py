"""Jobs of a video, and their attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from mediaproc.client.models.base import ErrorDetail, Model

JobState = Literal["queued", "running", "retrying", "completed", "failed", "cancelled"] | str
JobKind = (
    Literal[
        "process", "encode", "remux", "copy", "files", "sound", "subtitles", "poster", "tune", "assemble",
        "storyboard", "measure",
    ]
    | str
)  # fmt: skip
Outcome = Literal["completed", "failed", "cancelled", "lost"] | str
"""Result of an attempt. `lost`: the worker stopped responding."""


class Attempt(Model):
    """One run of a job on a worker."""

    number: int
    worker: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    """None while it runs."""
    error: ErrorDetail | None = None
    command: str
    """The last FFmpeg command, ready to paste into a shell."""
    log_tail: str
    """End of FFmpeg's log."""


class JobSummary(Model):
    """State of a job."""

    id: str
    status: JobState
    attempt_count: int
    max_attempts: int
    next_attempt_at: datetime | None = None
    preset: str
    preset_version: int
    error: ErrorDetail | None = None
    """Why it failed. A completed video stays completed when a later job of it fails."""


class Job(JobSummary):
    """A job with its attempts. Jobs with a `parent_id` are parts of that job, such as the encode of one chunk."""

    kind: JobKind
    parent_id: str | None = None
    chunk: int | None = None
    """Number of its chunk, from 0."""
    start_seconds: float | None = None
    length_seconds: float | None = None
    progress: float | None = None
    """Percent, 0 to 100."""
    created_at: datetime
    finished_at: datetime | None = None
    attempts: list[Attempt]
