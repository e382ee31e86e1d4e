"""Event feed: everything that one client receives on an event stream, in order and without gaps.

The order of steps makes it exact: subscribe, read the stream from the client's cursor, then read the database. Events
that arrive in between come twice and are dropped by their cursor.
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
from mediaproc.api.stream_checks import OpenStream, open_streams
from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import VideoStatus
from mediaproc.events import streams, subscriber
from mediaproc.events.hub import Subscription, hub
from mediaproc.events.messages import Event, EventType, cursor_order
from mediaproc.operations import event_snapshots
from mediaproc.operations.event_snapshots import Present
from mediaproc.operations.tenancy import Principal


@dataclass(frozen=True)
class Start:
    """First part of a feed. `cursor` is None while Redis is down; `ended` if no more events can follow."""

    chunk: bytes
    cursor: str | None
    ended: bool


_STATE_CHANGES = (EventType.STATUS, EventType.REMOVED)
"""Event types that replace the video's state."""

_NOTHING = Start(chunk=b"", cursor=None, ended=True)


class EventFeed:
    """Feed of one video, or of all the team's videos if `video_id` is None."""

    def __init__(self, principal: Principal, video_id: UUID | None) -> None:
        self._principal = principal
        self._video_id = video_id
        self._subscription: Subscription = hub().subscribe(team_id=principal.team_id, video_id=video_id)
        self._stream = OpenStream(credential_id=principal.credential_id)
        self._start = _NOTHING

    async def begin(self, seen: LastSeen | None) -> bool:
        """Prepare the first part. Returns False if the client has already received everything. Raises NotFound."""
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
        """Yield encoded chunks. Ends after a final status, or when the client should reconnect."""
        open_streams().add(self._stream)
        metrics.listeners.inc()
        try:
            start, self._start = self._start, _NOTHING
            yield sse.opening() + start.chunk
            cursor, ended = start.cursor, start.ended
            del start  # free the snapshot: the client may stay connected for hours
            if not ended:
                async for chunk in self._go_on(cursor):
                    yield chunk
        finally:
            metrics.listeners.dec()
            open_streams().remove(self._stream)
            self.leave()

    def leave(self) -> None:
        """Unsubscribe; `chunks` ends."""
        hub().leave(self._subscription)

    async def _since(self, seen: LastSeen | None) -> tuple[list[Event] | None, str | None]:
        """Events after `seen` (None: send a snapshot), and the cursor that is valid after them."""
        stream = streams.video_stream(self._video_id) if self._video_id else _team_stream(self._principal)
        try:
            replayed = await subscriber.replay(stream, seen.cursor) if seen else None
            if replayed is None or seen is None:
                return None, await subscriber.latest_cursor(stream)
        except RedisError:
            return None, None
        if self._video_id:  # events after a final status are not news to a client that has seen it
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
            self._stream.record_sent(each.video.id, each.video.status)
        final = self._final(presents)
        if replayed is not None and (final is None or _last_final(replayed) is final):
            return Start(chunk=sse.frames(replayed), cursor=cursor, ended=final is not None)
        chunk = sse.frames(replayed or []) + self._snapshot(presents, cursor)
        return Start(chunk=chunk, cursor=cursor, ended=final is not None)

    def _snapshot(self, presents: Sequence[Present], cursor: str | None) -> bytes:
        events = [event for each in presents for event in snapshots.events_of(each)]
        return sse.snapshot(events, cursor, final=self._final(presents))

    def _final(self, presents: Sequence[Present]) -> VideoStatus | None:
        """Final status that ends this feed. None for a team's feed, which never ends."""
        status = presents[0].video.status if self._video_id else None
        return status if status and status.final else None

    async def _go_on(self, cursor: str | None) -> AsyncGenerator[bytes]:
        after = cursor_order(cursor) if cursor else None
        check_at = time.monotonic() + stream_checks.INTERVAL_SECONDS
        while True:
            batch = await self._subscription.next(timeout_seconds=max(0.0, check_at - time.monotonic()))
            if self._subscription.closed or self._subscription.lost or (batch and cursor is None):
                return  # the client reconnects with its last id and gets what it missed
            new = [event for event in batch if after is None or event.order > after]
            if new:
                cursor, after = new[-1].cursor, new[-1].order
                yield sse.frames(new)
                if self._record(new):
                    return
            if time.monotonic() >= check_at:
                check_at = time.monotonic() + stream_checks.INTERVAL_SECONDS
                chunk, ended = await self._compare(cursor)
                yield chunk
                if ended:
                    return

    def _record(self, events: Sequence[Event]) -> bool:
        """Record which statuses were sent. Returns whether the feed ends."""
        events = [event for event in events if event.type in _STATE_CHANGES]
        for event in events:
            removed = event.type is EventType.REMOVED
            self._stream.record_sent(event.video_id, None if removed else VideoStatus(event.data["status"]))
        removed = any(event.type is EventType.REMOVED for event in events)
        return self._video_id is not None and (removed or _last_final(events) is not None)

    async def _compare(self, cursor: str | None) -> tuple[bytes, bool]:
        """Keep-alive, or the state of videos whose event was lost. Also returns whether the feed ends."""
        verdict = await open_streams().check(self._stream)
        if not verdict.outdated:
            return sse.KEEP_ALIVE, verdict.ended
        try:
            presents = await run_in_threadpool(self._load, verdict.outdated)
        except NotFound:
            return sse.KEEP_ALIVE, True
        for id in verdict.outdated:
            self._stream.record_sent(id, next((each.video.status for each in presents if each.video.id == id), None))
        return self._snapshot(presents, cursor), self._final(presents) is not None


def _team_stream(principal: Principal) -> str:
    return streams.team_stream(principal.team_id)


def _last_final(events: Sequence[Event]) -> VideoStatus | None:
    """Status of the last status event, if it is final."""
    sent = [event for event in events if event.type is EventType.STATUS]
    return sse.final_status(sent[-1]) if sent else None
