"""Stream checks: compares what open streams have sent with the database, for all streams of a process at once.

A few queries per keep-alive interval, regardless of the number of streams: is the session or API key still valid, and
has a video changed without an event, because the process that changed it died between commit and publish?
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from mediaproc import database, logs
from mediaproc.domain.states import VideoStatus
from mediaproc.operations import event_snapshots
from mediaproc.operations.event_snapshots import Standing

log = logs.get_logger(__name__)

INTERVAL_SECONDS = 15.0


@dataclass(eq=False)
class OpenStream:
    """One open stream: its session or API key, and the last status sent for each unfinished video."""

    credential_id: UUID
    sent: dict[UUID, VideoStatus] = field(default_factory=dict[UUID, VideoStatus])
    since: float = field(default_factory=time.monotonic)
    doubts: dict[UUID, int] = field(default_factory=dict[UUID, int])
    """Videos found in a different state, by look number. Their event may still be on its way."""

    def record_sent(self, video_id: UUID, status: VideoStatus | None) -> None:
        """Record a sent status. None or a final status ends the watch on that video."""
        self.doubts.pop(video_id, None)
        if status is None or status.final:
            self.sent.pop(video_id, None)
        else:
            self.sent[video_id] = status


@dataclass(frozen=True)
class DatabaseLook:
    """Result of one database look."""

    number: int
    at: float
    standing: Standing


@dataclass(frozen=True)
class Verdict:
    """Verdict on a stream: end it, or send the state of these videos again."""

    ended: bool = False
    outdated: frozenset[UUID] = frozenset()


def verdict_on(stream: OpenStream, look: DatabaseLook) -> Verdict:
    """Judge one stream. A video is outdated if two consecutive looks find a different status than was sent."""
    if look.at < stream.since:
        return Verdict()
    if stream.credential_id not in look.standing.credentials:
        return Verdict(ended=True)
    different = {id for id, sent in stream.sent.items() if look.standing.statuses.get(id) is not sent}
    outdated = frozenset(id for id in different if stream.doubts.get(id, look.number) < look.number)
    stream.doubts = {id: stream.doubts.get(id, look.number) for id in different}
    return Verdict(outdated=outdated)


class OpenStreams:
    """All open streams of this process, and the last look at the database."""

    def __init__(self) -> None:
        self._open: set[OpenStream] = set()
        self._last: DatabaseLook | None = None
        self._looking: asyncio.Task[None] | None = None

    def add(self, stream: OpenStream) -> None:
        """Register a stream."""
        self._open.add(stream)

    def remove(self, stream: OpenStream) -> None:
        """Unregister a stream."""
        self._open.discard(stream)

    async def check(self, stream: OpenStream) -> Verdict:
        """Verdict on one stream, from a look at most one interval old. If the database is down, no stream ends."""
        if self._last is None or time.monotonic() - self._last.at > INTERVAL_SECONDS * 0.8:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            await asyncio.shield(self._looking)
        return verdict_on(stream, self._last) if self._last else Verdict()

    async def _look(self) -> None:
        at = time.monotonic()
        credentials = {stream.credential_id for stream in self._open}
        videos = {id for stream in self._open for id in stream.sent}
        try:
            standing = await run_in_threadpool(_ask, videos, credentials)
        except SQLAlchemyError:
            log.warning("followers_not_compared", exc_info=True)
            return
        self._last = DatabaseLook(number=self._last.number + 1 if self._last else 1, at=at, standing=standing)


@lru_cache(maxsize=1)
def open_streams() -> OpenStreams:
    """Census of this process."""
    return OpenStreams()


def _ask(video_ids: Collection[UUID], credential_ids: Collection[UUID]) -> Standing:
    with database.transaction() as session:
        return event_snapshots.standing(session, video_ids=video_ids, credential_ids=credential_ids)
