"""Compares, for all followers of a process together, what they were told with what the database says.

A few queries a keep-alive interval, however many follow: is the session or API key still good, and is a video in
another state than was told last, because the process that changed it died between the commit and the event?
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
class Follower:
    """One open stream: by which session or API key, and what it was told last of each video that is not finished."""

    credential_id: UUID
    told: dict[UUID, VideoStatus] = field(default_factory=dict[UUID, VideoStatus])
    since: float = field(default_factory=time.monotonic)
    doubts: dict[UUID, int] = field(default_factory=dict[UUID, int])
    """Videos that were found in another state, by the number of the look; an event may just be on its way."""

    def tell(self, video_id: UUID, status: VideoStatus | None) -> None:
        """Remember what was told; None, or a final status, when there is nothing more to wait for."""
        self.doubts.pop(video_id, None)
        if status is None or status.final:
            self.told.pop(video_id, None)
        else:
            self.told[video_id] = status


@dataclass(frozen=True)
class Look:
    """What the database said at a time."""

    number: int
    at: float
    standing: Standing


@dataclass(frozen=True)
class Verdict:
    """What a follower has to do: end, or be told of these videos again."""

    ended: bool = False
    outdated: frozenset[UUID] = frozenset()


def judge(follower: Follower, look: Look) -> Verdict:
    """A video is outdated when two looks, one after the other, find it in another state than was told."""
    if look.at < follower.since:
        return Verdict()
    if follower.credential_id not in look.standing.credentials:
        return Verdict(ended=True)
    different = {id for id, told in follower.told.items() if look.standing.statuses.get(id) is not told}
    outdated = frozenset(id for id in different if follower.doubts.get(id, look.number) < look.number)
    follower.doubts = {id: follower.doubts.get(id, look.number) for id in different}
    return Verdict(outdated=outdated)


class Census:
    """Every follower of this process, and the last look at the database for them."""

    def __init__(self) -> None:
        self._followers: set[Follower] = set()
        self._last: Look | None = None
        self._looking: asyncio.Task[None] | None = None

    def add(self, follower: Follower) -> None:
        """Count a follower in."""
        self._followers.add(follower)

    def remove(self, follower: Follower) -> None:
        """Count a follower out."""
        self._followers.discard(follower)

    async def check(self, follower: Follower) -> Verdict:
        """The verdict on one follower, from a look at most an interval old. Without a database nobody ends."""
        if self._last is None or time.monotonic() - self._last.at > INTERVAL_SECONDS * 0.8:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            await asyncio.shield(self._looking)
        return judge(follower, self._last) if self._last else Verdict()

    async def _look(self) -> None:
        at = time.monotonic()
        credentials = {follower.credential_id for follower in self._followers}
        videos = {id for follower in self._followers for id in follower.told}
        try:
            standing = await run_in_threadpool(_ask, videos, credentials)
        except SQLAlchemyError:
            log.warning("followers_not_compared", exc_info=True)
            return
        self._last = Look(number=self._last.number + 1 if self._last else 1, at=at, standing=standing)


@lru_cache(maxsize=1)
def census() -> Census:
    """The census of this process."""
    return Census()


def _ask(video_ids: Collection[UUID], credential_ids: Collection[UUID]) -> Standing:
    with database.transaction() as session:
        return event_snapshots.standing(session, video_ids=video_ids, credential_ids=credential_ids)
