"""Names and retention of the streams. One id is good in all of them (see `publisher`)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from redis.exceptions import ResponseError

FIREHOSE = "events:all"
"""Every event, for the hub of each web process."""

FIREHOSE_LENGTH = 100_000
VIDEO_LENGTH = 5_000
TEAM_LENGTH = 20_000
RETENTION_SECONDS = 24 * 3600
"""How long the stream of a video or team outlives its last event."""


def video_stream(video_id: UUID) -> str:
    """Every event of one video, for replay."""
    return f"events:video:{video_id}"


def team_stream(team_id: UUID) -> str:
    """Every event of one team, for replay."""
    return f"events:team:{team_id}"


def latest_progress_key(video_id: UUID) -> str:
    """The `data` of a video's newest progress event."""
    return f"events:progress:{video_id}"


async def last_cursor(connection: Any) -> str:
    """The id of the newest event of all, `0-0` before the first. `connection` is an asynchronous Redis."""
    try:
        return str((await connection.xinfo_stream(FIREHOSE))["last-generated-id"])
    except ResponseError:  # no such key
        return "0-0"
