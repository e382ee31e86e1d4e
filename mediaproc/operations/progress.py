"""The newest progress of videos, from Redis: fresher than the row, which a heartbeat writes every few seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import redis

from mediaproc import logs
from mediaproc.domain.states import VideoStatus
from mediaproc.domain.tables import Job, Video
from mediaproc.events import publisher, streams

log = logs.get_logger(__name__)


def latest(videos: Sequence[Video], newest: Mapping[UUID, Job]) -> dict[UUID, dict[str, Any]]:
    """The data of the newest progress event of each video in work, in one round trip. Nothing when Redis is away.

    What an earlier attempt left there, where Redis missed the change of status, is passed over. The parts of a job
    report under the number of the whole's attempt, and `newest` are whole jobs.
    """
    attempts = {
        video.id: newest[video.id].attempt
        for video in videos
        if video.status is VideoStatus.PROCESSING and video.id in newest
    }
    found = _latest(list(attempts))
    return {id: data for id, data in found.items() if data.get("attempt") == attempts[id]}


def _latest(video_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    if not video_ids:
        return {}
    try:
        found = publisher.connection().mget([streams.latest_progress_key(id) for id in video_ids])
    except redis.RedisError:
        log.warning("progress_not_read")
        return {}
    return {id: json.loads(text) for id, text in zip(video_ids, found, strict=True) if text}
