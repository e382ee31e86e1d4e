"""The newest progress of videos, from Redis: fresher than the row, which a heartbeat writes every few seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import redis

from mediaproc import logs
from mediaproc.events import publisher, streams

log = logs.get_logger(__name__)


def latest(video_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """The data of each video's newest progress event, in one round trip. Nothing when Redis is away."""
    if not video_ids:
        return {}
    try:
        found = publisher.connection().mget([streams.latest_progress_key(id) for id in video_ids])
    except redis.RedisError:
        log.warning("progress_not_read")
        return {}
    return {id: json.loads(text) for id, text in zip(video_ids, found, strict=True) if text}
