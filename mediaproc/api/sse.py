"""Server-Sent Events on the wire: frames, the id that a client hands back, and the response that carries them.

An id is a cursor, sometimes with a word after it: `.snapshot` within a snapshot (resumed there, the snapshot comes
again), or the final status that was sent with it (resumed there, and nothing new: there is nothing more to come).
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

KEEP_ALIVE = b": still here\n\n"
_WITHIN_SNAPSHOT = "snapshot"
_ID = re.compile(r"(?P<cursor>\d{1,20}-\d{1,20})(?:\.(?P<word>[a-z]{1,20}))?")
_FINAL = {status.value: status for status in VideoStatus if status.final}
_SLOWEST_SEND_SECONDS = 30
_FRAMES_KEPT = 512


@dataclass(frozen=True)
class LastSeen:
    """What a client that comes back has seen: everything up to `cursor`, perhaps a final status."""

    cursor: str
    final: VideoStatus | None = None

    @classmethod
    def read(cls, id: str | None) -> LastSeen | None:
        """None for no id, for one that is none of ours, and for one within a snapshot: begin with a snapshot."""
        match = _ID.fullmatch(id or "")
        if match is None or match["word"] == _WITHIN_SNAPSHOT:
            return None
        return cls(cursor=match["cursor"], final=_FINAL.get(match["word"] or ""))


def opening() -> bytes:
    """How long to wait before coming back: not all at once after a restart."""
    return f"retry: {random.randint(1000, 3000)}\n\n".encode()  # noqa: S311  # spreads load, guards nothing


def frames(events: Sequence[Event]) -> bytes:
    """Events that happened, each under its own cursor."""
    return b"".join(_frame(event, _with(event.cursor, final_status(event))) for event in events)


def snapshot(events: Sequence[Event], cursor: str | None, *, final: VideoStatus | None) -> bytes:
    """Events that tell the state at a cursor. Without one, the client keeps the id that it has."""
    if cursor is None:
        return b"".join(_frame(event, None) for event in events)
    if not events:
        return f"id: {cursor}\n\n".encode()
    within = f"{cursor}.{_WITHIN_SNAPSHOT}"
    return b"".join(_frame(event, within) for event in events[:-1]) + _frame(events[-1], _with(cursor, final))


def final_status(event: Event) -> VideoStatus | None:
    """The final status that this event tells, if it does."""
    return _FINAL.get(str(event.data.get("status"))) if event.type is EventType.STATUS else None


class EventStream(Response):
    """Sends what a generator yields, until it ends or the client goes; a bare ASGI callable because thousands wait.

    `leave` is called when the client has gone, and must make the generator end.
    """

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncGenerator[bytes], *, leave: Callable[[], object]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin, and let the app go before the long rest."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        except BaseException:
            self._leave()
            raise
        if not response_handoff.leave(scope, self._go_on):
            await self._go_on(receive, send)

    async def _go_on(self, receive: Receive, send: Send) -> None:
        """Send each chunk as soon as the client takes it."""
        gone = asyncio.ensure_future(_wait_until_gone(receive))
        gone.add_done_callback(lambda _: self._leave())
        try:
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    async with asyncio.timeout(_SLOWEST_SEND_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            pass  # it takes nothing any more; it may come back and resume
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
    """The same bytes for every client that is sent the same event, made once."""
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {type}\ndata: {json}\n\n".encode()
