"""Go on after the last event that was seen: what the stream of a video or team still keeps since then."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from redis.exceptions import ResponseError

from mediaproc import logs
from mediaproc.events import streams
from mediaproc.events.messages import Event, cursor_order
from mediaproc.settings import settings

log = logs.get_logger(__name__)

_MOST_CONNECTIONS = 16
_connections: WeakKeyDictionary[asyncio.AbstractEventLoop, Any] = WeakKeyDictionary()


async def replay(stream: str, cursor: str) -> list[Event] | None:
    """Every event of the stream after the cursor, in order; None when some of them may be gone.

    They are gone when the stream was trimmed or has expired since, or when Redis lost data. A cursor that Redis
    never gave is treated the same. Raises `redis.RedisError` when Redis does not answer.
    """
    try:
        after = cursor_order(cursor)
    except ValueError:
        return None
    async with connection().pipeline(transaction=True) as asked:
        asked.xinfo_stream(streams.FIREHOSE)
        asked.xrange(streams.FIREHOSE, cursor, cursor, count=1)
        asked.xinfo_stream(stream)
        asked.xrange(stream, f"({cursor}", "+")
        firehose, same, kept, entries = await asked.execute(raise_on_error=False)
    if _info(entries) is None:
        return None  # numbers beyond 64 bits
    if not _continues(after, _info(firehose), known=bool(same), kept=_info(kept)):
        return None
    return _events(entries)


async def latest_cursor(stream: str = streams.FIREHOSE) -> str:  # noqa: ARG001  # an id is good in every stream
    """The cursor of now: whatever is published later comes after it, in any stream."""
    return await streams.last_cursor(connection())


def connection() -> Any:
    """The asynchronous connections of the running loop to the events' Redis; callers wait for a free one."""
    loop = asyncio.get_running_loop()
    if loop not in _connections:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            settings().events_url,
            max_connections=_MOST_CONNECTIONS,
            timeout=5,
            decode_responses=True,
            socket_connect_timeout=5,
            socket_timeout=5,
        )
        _connections[loop] = redis.asyncio.Redis(connection_pool=pool)
    return _connections[loop]


def _continues(after: tuple[int, int], firehose: Any, *, known: bool, kept: Any) -> bool:
    """Return whether nothing after the cursor is missing, judging by the firehose and the stream."""
    newest = _edge(firehose, "last-generated-id")
    if after >= newest:
        return after == newest
    if not known and after >= _first(firehose):
        return False  # it was given out, and lost with what Redis had not yet written down
    if kept is not None and after >= _first(kept):
        return True
    trimmed = kept is not None and kept["entries-added"] > kept["length"]
    return not trimmed and not _may_have_expired(after)


def _may_have_expired(after: tuple[int, int]) -> bool:
    """Return whether a stream may have had later events and expired. `0-0` was given before any event."""
    return after != (0, 0) and after[0] / 1000 < time.time() - streams.RETENTION_SECONDS + 60


def _info(answer: Any) -> Any:
    if isinstance(answer, ResponseError):  # no such key, or no such id
        return None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _first(info: Any) -> tuple[int, int]:
    entry = info["first-entry"]
    return cursor_order(entry[0]) if entry else _edge(info, "last-generated-id")


def _edge(info: Any, name: str) -> tuple[int, int]:
    return cursor_order(info[name]) if info else (0, 0)


def _events(entries: Any) -> list[Event]:
    events: list[Event] = []
    for cursor, fields in entries:
        try:
            events.append(Event.from_entry(cursor, fields))
        except (KeyError, ValueError):
            log.warning("unreadable_event", cursor=cursor)
    return events
