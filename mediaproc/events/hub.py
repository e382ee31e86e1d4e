"""Event hub: one reader of the firehose in each web process, and its subscriptions.

    async with hub().subscribe(team_id=team) as sub:
        ...  # load the current state now: every event from here on arrives
        async for batch in sub:  # ends when the process stops
            if sub.lost:
                ...  # load the current state again; `batch` has the events after the gap

An event costs time only for the subscriptions of its video or team.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

import redis.asyncio
from redis.exceptions import RedisError

from mediaproc import logs
from mediaproc.events import signals, streams
from mediaproc.events.mailbox import CAPACITY, Mailbox
from mediaproc.events.messages import Event, cursor_order
from mediaproc.settings import settings

log = logs.get_logger(__name__)

_BLOCK_SECONDS = 5
_BATCH = 500
_LONGEST_WAIT_SECONDS = 2.0
_READY_WITHIN_SECONDS = 2.0


class Subscription:
    """The events of one team or video, from the moment it is entered. Made by `Hub.subscribe`."""

    __slots__ = ("_hub", "_mailbox", "_pending", "_waiter", "closed", "key", "lost", "team_id")

    def __init__(self, hub: Hub, *, key: str, team_id: str | None, capacity: int) -> None:
        self.key = key
        self.team_id = team_id
        self.lost = False
        """True if events before the batch that `next` returned last are missing: load the current state again."""
        self.closed = False
        """True if no event follows, because the process stops or the subscriber has left."""
        self._hub = hub
        self._mailbox = Mailbox(capacity)
        self._pending = False
        self._waiter: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Subscription:
        await self._hub.enter(self)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._hub.leave(self)

    async def __aiter__(self) -> AsyncGenerator[list[Event]]:
        while not self.closed:
            batch = await self.next()
            if batch or self.lost:
                yield batch

    async def next(self, *, timeout_seconds: float | None = None) -> list[Event]:
        """Wait for events and take them all, oldest first; of progress only each video's newest.

        Returns an empty list at the time-out, if only `lost` is to be reported, or if `closed`.
        """
        if not self._pending and not self.closed:
            await self._wait(timeout_seconds)
        self._pending = False
        batch, self.lost = self._mailbox.take()
        return batch

    def deliver(self, event: Event) -> None:
        """Put an event into the mailbox."""
        self._mailbox.put(event)
        self._wake()

    def lose(self) -> None:
        """Mark that events are missing."""
        self._mailbox.drop()
        self._wake()

    def close(self) -> None:
        """Stop delivery and wake the subscriber."""
        self.closed = True
        self._wake()

    async def _wait(self, timeout_seconds: float | None) -> None:
        # A future of its own for each wait: an asyncio.Event would weigh a kilobyte in every idle client. And a bare
        # alarm: asyncio.timeout() would be a fifth of what it costs to send an event to one of many.
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        alarm = None if timeout_seconds is None else loop.call_later(timeout_seconds, _end, waiter)
        try:
            await waiter
        finally:
            self._waiter = None
            if alarm is not None:
                alarm.cancel()

    def _wake(self) -> None:
        self._pending = True
        if self._waiter is not None:
            _end(self._waiter)


class Hub:
    """Reads the firehose once and hands each event to the subscriptions that match it."""

    def __init__(self, url: str | None = None) -> None:
        self._url = url
        self._listeners: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._blind: set[Subscription] = set()
        self._cursor: str | None = None
        self._connected = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def connected(self) -> bool:
        """True if Redis answers, as far as the reader knows."""
        return self._connected.is_set()

    def subscribe(
        self, *, team_id: UUID | None = None, video_id: UUID | None = None, capacity: int = CAPACITY
    ) -> Subscription:
        """Return a subscription to one video, or to all of a team; with both, to the video if it is the team's."""
        if team_id is None and video_id is None:
            raise ValueError("name a team or a video")
        team = str(team_id) if team_id else None
        return Subscription(self, key=str(video_id) if video_id else str(team), team_id=team, capacity=capacity)

    async def enter(self, subscription: Subscription) -> None:
        """Start delivery. While Redis is away the subscription begins with a gap, reported once Redis is back."""
        if self._stopped:
            return subscription.close()
        self._start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_WITHIN_SECONDS):
                await self._connected.wait()
        if not self.connected:
            self._blind.add(subscription)
        self._listeners[subscription.key].add(subscription)
        return None

    def leave(self, subscription: Subscription) -> None:
        """Stop delivery."""
        subscription.close()
        self._blind.discard(subscription)
        group = self._listeners.get(subscription.key)
        if group is not None:
            group.discard(subscription)
            if not group:
                del self._listeners[subscription.key]

    def close(self) -> None:
        """End every subscription, present and future: the process stops."""
        self._stopped = True
        for subscription in self._everyone():
            subscription.close()

    async def stop(self) -> None:
        """Close, and end the reader."""
        self.close()
        reader, self._reader = self._reader, None
        while reader is not None and not reader.done():
            # More than once: redis-py swallows a cancellation that arrives together with an answer.
            reader.cancel()
            await asyncio.wait({reader}, timeout=0.1)

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._reader is None or self._reader.done() or self._reader.get_loop() is not loop:
            self._connected = asyncio.Event()
            self._reader = loop.create_task(self._read_for_ever(), name="events-hub")

    async def _read_for_ever(self) -> None:
        wait_seconds = 0.05
        while not self._stopped:
            try:
                async with self._connect() as connection:
                    await self._resume(connection)
                    wait_seconds = 0.05
                    while not self._stopped:
                        await self._read(connection)
            except (RedisError, OSError) as error:
                if self.connected or self._cursor is None:
                    log.warning("events_reader_lost_redis", error=str(error))
                self._connected.clear()
            await asyncio.sleep(wait_seconds * random.uniform(0.5, 1.0))  # noqa: S311  # spreads load
            wait_seconds = min(wait_seconds * 2, _LONGEST_WAIT_SECONDS)

    def _connect(self) -> Any:
        return redis.asyncio.Redis.from_url(
            self._url or settings().events_url,
            decode_responses=True,
            socket_connect_timeout=5,
            socket_timeout=_BLOCK_SECONDS + 5,
        )

    async def _resume(self, connection: Any) -> None:
        """Continue after the last event that was read if Redis still has it; otherwise report a gap to everyone."""
        losers: Iterable[Subscription] = self._blind
        if self._cursor is None or not await _still_in_stream(connection, self._cursor):
            self._cursor = await streams.last_cursor(connection)
            losers = self._everyone()
        for subscription in losers:
            subscription.lose()
        self._blind.clear()
        self._connected.set()

    async def _read(self, connection: Any) -> None:
        answer = await connection.xread({streams.FIREHOSE: self._cursor}, count=_BATCH, block=_BLOCK_SECONDS * 1000)
        for _stream, entries in answer:
            for cursor, fields in entries:
                self._cursor = cursor
                self._hand_out(cursor, fields)

    def _hand_out(self, cursor: str, fields: dict[str, str]) -> None:
        team_id = fields.get("team_id", "")
        groups = [self._listeners[key] for key in (fields.get("video_id", ""), team_id) if key in self._listeners]
        if not groups:
            return
        try:
            event = Event.from_entry(cursor, fields)
        except (KeyError, ValueError):
            log.warning("unreadable_event", cursor=cursor)
            return
        for group in groups:
            for subscription in group:
                if subscription.team_id in (None, team_id):
                    subscription.deliver(event)

    def _everyone(self) -> list[Subscription]:
        return [subscription for group in self._listeners.values() for subscription in group]


@lru_cache(maxsize=1)
def hub() -> Hub:
    """The hub of this process. It opens nothing before it has its first listener, so it may be named before a fork."""
    return Hub()


@contextlib.asynccontextmanager
async def running() -> AsyncGenerator[None]:
    """A lifespan of the web process: at its end, or already at SIGTERM or SIGINT, every subscription ends.

    A server waits for open responses before it ends the lifespan, so an endless response has to end at the signal.
    """
    with signals.calling(hub().close):
        try:
            yield
        finally:
            await hub().stop()


def _end(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def _still_in_stream(connection: Any, cursor: str) -> bool:
    """Return whether the firehose still has this event, so that nothing after it is missing."""
    if cursor_order(cursor) == (0, 0):
        return True
    return bool(await connection.xrange(streams.FIREHOSE, cursor, cursor, count=1))
