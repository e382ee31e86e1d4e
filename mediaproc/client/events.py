"""Live events: reads Server-Sent Events, and reconnects after the last event id when the connection breaks."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx

from mediaproc.client import retry
from mediaproc.client.connection import AsyncConnection, Connection
from mediaproc.client.errors import ApiError, NotReachable
from mediaproc.client.models import Event
from mediaproc.client.request import Request, nothing

_MOST_FAILURES = 12
"""Failed attempts in a row before giving up: about three minutes, because the pauses grow."""


def follow(connection: Connection, video_id: str | None, last_event_id: str) -> Iterator[Event]:
    """Events of a video until its final one, or of all videos without end. Raises ApiError and NotReachable."""
    stream = EventStream(video_id, last_event_id, connection.url)
    while not stream.ended:
        try:
            with connection.stream(stream.request()) as response:
                if stream.opened(response):
                    for chunk in response.iter_raw():
                        yield from stream.read(chunk)
            stream.closed()
        except (httpx.TransportError, ApiError) as error:
            stream.failed(error)
        if pause := stream.pause_seconds():
            time.sleep(pause)


async def follow_async(connection: AsyncConnection, video_id: str | None, last_event_id: str) -> AsyncIterator[Event]:
    """The same as `follow`, async."""
    stream = EventStream(video_id, last_event_id, connection.url)
    while not stream.ended:
        try:
            async with connection.stream(stream.request()) as response:
                if stream.opened(response):
                    async for chunk in response.aiter_raw():
                        for event in stream.read(chunk):
                            yield event
            stream.closed()
        except (httpx.TransportError, ApiError) as error:
            stream.failed(error)
        if pause := stream.pause_seconds():
            await anyio.sleep(pause)


class EventStream:
    """State of following events over several connections. Sends nothing and never waits."""

    def __init__(self, video_id: str | None, last_event_id: str, url: str) -> None:
        self.ended = False
        self._video_id = video_id
        self._url = url
        self._last_id = last_event_id
        self._progressed = False
        self._final = False
        self._failures = 0
        self._parser = EventParser()

    def request(self) -> Request[None]:
        """Request for a new connection that continues after the last event."""
        self._parser, self._progressed, self._final = EventParser(), False, False
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        if self._video_id is None:
            return Request("GET", "/events", nothing, headers=headers)
        return Request("GET", "/videos/{id}/events", nothing, {"id": self._video_id}, headers=headers)

    def opened(self, response: httpx.Response) -> bool:
        """True if events follow. False (204) if the last event was the final one."""
        self.ended = response.status_code == 204
        return not self.ended

    def read(self, chunk: bytes) -> Iterator[Event]:
        """Events that this chunk completes."""
        for event in self._parser.feed(chunk):
            self._progressed = self._progressed or bool(event.id and event.id != self._last_id)
            self._last_id = event.id or self._last_id
            self._final = self._final or event.final
            yield event

    def closed(self) -> None:
        """The server ended the response."""
        self.ended = self.ended or (self._final and self._video_id is not None)
        self._failures = 0 if self._progressed else self._failures + 1

    def failed(self, error: httpx.TransportError | ApiError) -> None:
        """The connection failed. Raises an error if another attempt won't help."""
        self._failures = 1 if self._progressed else self._failures + 1
        given_up = self._failures > _MOST_FAILURES
        if isinstance(error, ApiError):
            if given_up or (error.status < 500 and error.status != 429):
                raise error
        elif given_up:
            raise NotReachable(f"{self._url} does not respond ({error or type(error).__name__})") from error

    def pause_seconds(self) -> float:
        """Pause before the next connection; 0 for none."""
        return 0 if self.ended or not self._failures else retry.pause_seconds(self._failures)


class EventParser:
    """Parser of `text/event-stream`. Skips comments, `retry`, and an event that was cut off."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, list[str]] = {}
        self._id = ""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Events that this chunk completes."""
        # Not `str.splitlines`, which also splits at characters that JSON may contain, such as U+2028.
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if event := self._line(line.removesuffix(b"\r").decode()):
                yield event

    def _line(self, line: str) -> Event | None:
        if line.startswith(":"):
            return None
        if line:
            name, _, value = line.partition(":")
            self._fields.setdefault(name, []).append(value.removeprefix(" "))
            return None
        fields, self._fields = self._fields, {}
        self._id = fields["id"][-1] if "id" in fields else self._id
        return _event(self._id, fields) if "data" in fields else None


def _event(id: str, fields: dict[str, list[str]]) -> Event:
    data: dict[str, Any] = json.loads("\n".join(fields["data"]))
    return Event(id=id, type=fields.get("event", ["message"])[-1], data=data)
