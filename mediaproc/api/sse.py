"""Server-Sent Events on the wire: frames, event ids, and the streaming response.

An id is a cursor with an optional suffix: `.snapshot` inside a snapshot (resuming there repeats the snapshot), or the
final status that it carried (resuming there, with nothing newer, ends the stream).
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mediaproc.api import response_handoff
from mediaproc.domain.states import VideoStatus
from mediaproc.events.messages import Event, EventType

KEEP_ALIVE = b": still here\n"
"""A comment without a blank line, which some clients (httpx-sse) would take for the end of an empty event."""

_WITHIN_SNAPSHOT = "snapshot"
_ID = re.compile(r"(?P<cursor>\d{1,20}-\d{1,20})(?:\.(?P<word>[a-z]{1,20}))?")
_FINAL = {status.value: status for status in VideoStatus if status.final}
_SLOWEST_SEND_SECONDS = 30
_FRAMES_KEPT = 512


@dataclass(frozen=True)
class LastSeen:
    """Last event id of a reconnecting client: everything up to `cursor`, and possibly a final status."""

    cursor: str
    final: VideoStatus | None = None

    @classmethod
    def read(cls, id: str | None) -> LastSeen | None:
        """Parse a Last-Event-ID. None, which begins with a snapshot, for no id, a foreign id or one inside a
        snapshot.
        """
        match = _ID.fullmatch(id or "")
        if match is None or match["word"] == _WITHIN_SNAPSHOT:
            return None
        return cls(cursor=match["cursor"], final=_FINAL.get(match["word"] or ""))


def opening() -> bytes:
    """First line of a stream: the reconnect delay, jittered so that clients don't all return at once after a restart.

    It belongs to the first event, whenever that comes.
    """
    return f"retry: {random.randint(1000, 3000)}\n".encode()  # noqa: S311  # spreads load, guards nothing


def frames(events: Sequence[Event]) -> bytes:
    """Frames of events, each with its own cursor."""
    return b"".join(_frame(event, _with(event.cursor, final_status(event))) for event in events)


def snapshot(events: Sequence[Event], cursor: str | None, *, final: VideoStatus | None) -> bytes:
    """Frames of a snapshot at a cursor; none if it is empty. Without a cursor, the client keeps its last id."""
    if cursor is None or not events:
        return b"".join(_frame(event, None) for event in events)
    within = f"{cursor}.{_WITHIN_SNAPSHOT}"
    return b"".join(_frame(event, within) for event in events[:-1]) + _frame(events[-1], _with(cursor, final))


def final_status(event: Event) -> VideoStatus | None:
    """Final status that this event carries, if any."""
    return _FINAL.get(str(event.data.get("status"))) if event.type is EventType.STATUS else None


class EventStream(Response):
    """Streaming response: sends what a generator yields until it ends or the client disconnects.

    A bare ASGI callable, since thousands of clients wait. `leave` is called on disconnect and must end the generator.
    """

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncGenerator[bytes], *, leave: Callable[[], object]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin the response, then hand the rest off."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        except BaseException:
            self._leave()
            raise
        if not response_handoff.leave(scope, self._go_on):
            await self._go_on(receive, send)

    async def _go_on(self, receive: Receive, send: Send) -> None:
        """Send each chunk as soon as the client accepts it."""
        gone = asyncio.ensure_future(_wait_until_gone(receive))
        gone.add_done_callback(lambda _: self._leave())
        try:
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    async with asyncio.timeout(_SLOWEST_SEND_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            pass  # the client stopped reading; it may reconnect and resume
        finally:
            gone.cancel()


async def _wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _with(cursor: str, final: VideoStatus | None) -> str:
    return f"{cursor}.{final.value}" if final else cursor


def _frame(event: Event, id: str | None) -> bytes:
    return _on_the_wire(event.type.value, event.json, id)


@lru_cache(maxsize=_FRAMES_KEPT)
def _on_the_wire(type: str, json: str, id: str | None) -> bytes:
    """Encoded bytes of an event, made once for all clients."""
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {type}\ndata: {json}\n\n".encode()
