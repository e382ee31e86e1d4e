"""Follows Server-Sent Events: reads frames, and comes back after the last id whenever the line breaks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator

import httpx

from mediaproc.client.connection import Connection, pause_seconds
from mediaproc.client.errors import ApiError, NotReachable
from mediaproc.client.models import Event

_MOST_FAILURES = 12
"""In a row, with growing pauses: about three minutes."""


def follow(connection: Connection, path: str, *, last_event_id: str = "", endless: bool = False) -> Iterator[Event]:
    """Every event, until the final one of a video. Raises ApiError, and NotReachable when nothing helps."""
    following = _Following(connection, path, last_event_id)
    failures = 0
    while not following.ended:
        before = following.last_id
        try:
            yield from following.connect(endless=endless)
            failures = 0 if following.last_id != before else failures + 1
        except (httpx.TransportError, ApiError) as error:
            failures = 1 if following.last_id != before else failures + 1
            _reject_lasting(error, failures, connection)
        if not following.ended and failures:
            time.sleep(pause_seconds(failures))


class _Following:
    def __init__(self, connection: Connection, path: str, last_id: str) -> None:
        self._connection = connection
        self._path = path
        self.last_id = last_id
        self.ended = False

    def connect(self, *, endless: bool) -> Iterator[Event]:
        """What comes in one connection."""
        final = False
        with self._connection.stream(self._path, {"Last-Event-ID": self.last_id} if self.last_id else {}) as answer:
            if answer.status_code == 204:
                self.ended = True
                return
            for event in read(answer.iter_raw()):
                self.last_id = event.id or self.last_id
                final = final or event.final
                yield event
        self.ended = final and not endless


def read(chunks: Iterable[bytes]) -> Iterator[Event]:
    """The events in a stream of bytes. Comments and `retry` are passed over; so is a frame that was cut off."""
    fields: dict[str, list[str]] = {}
    id = ""
    for line in _lines(chunks):
        if line:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
            continue
        id = fields["id"][-1] if "id" in fields else id
        if "data" in fields:
            yield Event(id=id, type=fields.get("event", ["message"])[-1], data=json.loads("\n".join(fields["data"])))
        fields = {}


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines by LF or CRLF only: `str.splitlines` would also cut at letters that JSON may hold."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode()


def _reject_lasting(error: Exception, failures: int, connection: Connection) -> None:
    """Raise what another try will not mend."""
    if isinstance(error, ApiError):
        if (error.status < 500 and error.status != 429) or failures > _MOST_FAILURES:
            raise error
    elif failures > _MOST_FAILURES:
        raise NotReachable(f"{connection.url} does not answer ({error or type(error).__name__})") from error
