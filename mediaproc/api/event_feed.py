"""One client following events: what it is told first, what comes then, when it ends.

The order makes it exact: subscribe, then read the stream since the client's cursor, then the database. What happens
in between arrives twice and is dropped by its cursor.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from redis.exceptions import RedisError
from starlette.concurrency import run_in_threadpool

from mediaproc import database
from mediaproc.api import snapshots, sse, stream_checks
from mediaproc.api.middleware import metrics
from mediaproc.api.sse import LastSeen
from mediaproc.api.stream_checks import Follower, census
from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import VideoStatus
from mediaproc.events import streams, subscriber
from mediaproc.events.hub import Subscription, hub
from mediaproc.events.messages import Event, EventType, cursor_order
from mediaproc.operations import event_snapshots
from mediaproc.operations.event_snapshots import Present
from mediaproc.operations.scope import Principal


@dataclass(frozen=True)
class Start:
    """What a client is told first. `cursor` is None while Redis is away; `ended` when nothing more can come."""

    chunk: bytes
    cursor: str | None
    ended: bool


_TURNS = (EventType.STATUS, EventType.REMOVED)
"""After these another state holds."""

_NOTHING = Start(chunk=b"", cursor=None, ended=True)


class Following:
    """A client that follows one video, or with `video_id` None all of its team's."""

    def __init__(self, principal: Principal, video_id: UUID | None) -> None:
        self._principal = principal
        self._video_id = video_id
        self._subscription: Subscription = hub().subscribe(team_id=principal.team_id, video_id=video_id)
        self._follower = Follower(credential_id=principal.credential_id)
        self._start = _NOTHING

    async def begin(self, seen: LastSeen | None) -> bool:
        """Find out what to tell first; False when the client has seen all there is. Raises NotFound."""
        await hub().enter(self._subscription)
        try:
            replayed, cursor = await self._since(seen)
            presents = await run_in_threadpool(self._load)
        except BaseException:
            self.leave()
            raise
        if self._video_id and seen and replayed == [] and presents[0].video.status is seen.final:
            self.leave()
            return False
        self._start = self._first(replayed, cursor, presents)
        return True

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Everything to send, chunk by chunk. It ends after a final status, and when the client should come back."""
        census().add(self._follower)
        metrics.listeners.inc()
        try:
            start, self._start = self._start, _NOTHING
            yield sse.opening() + start.chunk
            cursor, ended = start.cursor, start.ended
            del start  # a snapshot need not stay for as long as the client does
            if not ended:
                async for chunk in self._go_on(cursor):
                    yield chunk
        finally:
            metrics.listeners.dec()
            census().remove(self._follower)
            self.leave()

    def leave(self) -> None:
        """Stop following; `chunks` ends."""
        hub().leave(self._subscription)

    async def _since(self, seen: LastSeen | None) -> tuple[list[Event] | None, str | None]:
        """The events since what was seen, None for a snapshot; and the cursor that holds after them."""
        stream = streams.video_stream(self._video_id) if self._video_id else _team_stream(self._principal)
        try:
            replayed = await subscriber.replay(stream, seen.cursor) if seen else None
            if replayed is None or seen is None:
                return None, await subscriber.latest_cursor(stream)
        except RedisError:
            return None, None
        if self._video_id:  # what comes after a video's end is no news to who has seen the end
            replayed = [each for each in replayed if not each.type.afterwards]
        return replayed, replayed[-1].cursor if replayed else seen.cursor

    def _load(self, ids: Collection[UUID] = ()) -> list[Present]:
        with database.transaction() as session:
            if self._video_id:
                return [event_snapshots.of_video(session, self._principal, self._video_id)]
            if ids:
                return event_snapshots.of_some(session, self._principal, ids)
            return event_snapshots.of_team(session, self._principal)

    def _first(self, replayed: list[Event] | None, cursor: str | None, presents: Sequence[Present]) -> Start:
        for each in presents:
            self._follower.tell(each.video.id, each.video.status)
        final = self._final(presents)
        if replayed is not None and (final is None or _last_final(replayed) is final):
            return Start(chunk=sse.frames(replayed), cursor=cursor, ended=final is not None)
        chunk = sse.frames(replayed or []) + self._snapshot(presents, cursor)
        return Start(chunk=chunk, cursor=cursor, ended=final is not None)

    def _snapshot(self, presents: Sequence[Present], cursor: str | None) -> bytes:
        events = [event for each in presents for event in snapshots.events_of(each)]
        return sse.snapshot(events, cursor, final=self._final(presents))

    def _final(self, presents: Sequence[Present]) -> VideoStatus | None:
        """The status that ends this stream, if the present is such: only a video's stream ends."""
        status = presents[0].video.status if self._video_id else None
        return status if status and status.final else None

    async def _go_on(self, cursor: str | None) -> AsyncGenerator[bytes]:
        after = cursor_order(cursor) if cursor else None
        check_at = time.monotonic() + stream_checks.INTERVAL_SECONDS
        while True:
            batch = await self._subscription.next(timeout_seconds=max(0.0, check_at - time.monotonic()))
            if self._subscription.closed or self._subscription.lost or (batch and cursor is None):
                return  # the client comes back with the last id that it has seen, and is told what it missed
            new = [event for event in batch if after is None or event.order > after]
            if new:
                cursor, after = new[-1].cursor, new[-1].order
                yield sse.frames(new)
                if self._note(new):
                    return
            if time.monotonic() >= check_at:
                check_at = time.monotonic() + stream_checks.INTERVAL_SECONDS
                chunk, ended = await self._compare(cursor)
                yield chunk
                if ended:
                    return

    def _note(self, events: Sequence[Event]) -> bool:
        """Remember what was told; whether that ends the stream."""
        events = [event for event in events if event.type in _TURNS]
        for event in events:
            removed = event.type is EventType.REMOVED
            self._follower.tell(event.video_id, None if removed else VideoStatus(event.data["status"]))
        removed = any(event.type is EventType.REMOVED for event in events)
        return self._video_id is not None and (removed or _last_final(events) is not None)

    async def _compare(self, cursor: str | None) -> tuple[bytes, bool]:
        """A keep-alive, or what an event that never came should have told; and whether the stream ends."""
        verdict = await census().check(self._follower)
        if not verdict.outdated:
            return sse.KEEP_ALIVE, verdict.ended
        try:
            presents = await run_in_threadpool(self._load, verdict.outdated)
        except NotFound:
            return sse.KEEP_ALIVE, True
        for id in verdict.outdated:
            self._follower.tell(id, next((each.video.status for each in presents if each.video.id == id), None))
        return self._snapshot(presents, cursor), self._final(presents) is not None


def _team_stream(principal: Principal) -> str:
    return streams.team_stream(principal.team_id)


def _last_final(events: Sequence[Event]) -> VideoStatus | None:
    """The status that the last status event tells, if that is final."""
    told = [event for event in events if event.type is EventType.STATUS]
    return sse.final_status(told[-1]) if told else None
