"""Connections to one server with one credential, blocking and async: send requests, and repeat them where safe."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from itertools import count
from typing import Any, TypeVar

import anyio
import httpx

from mediaproc.client import retry
from mediaproc.client.request import Listing, Request

T = TypeVar("T")
M = TypeVar("M")

_TIMEOUT = httpx.Timeout(30, connect=10)
_STREAM_TIMEOUT = httpx.Timeout(45, connect=10)
"""The server sends a comment every 15 seconds, so a stream that is silent for this long is dead."""


@cache
def tls() -> ssl.SSLContext:
    """TLS context with the trusted certificates. Loaded once, because loading takes 50 ms."""
    return httpx.create_ssl_context()


def _options(url: str, token: str | None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return {"base_url": url, "timeout": _TIMEOUT, "verify": tls(), "headers": headers}


class Connection:
    """Blocking connection. Threads may share it."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(**_options(self.url, token))

    def close(self) -> None:
        """Close all network connections."""
        self._http.close()

    def send(self, request: Request[T]) -> T:
        """Send a request and read the response. Raises ApiError, NotReachable, UnexpectedAnswer."""
        message = request.build(self._http)
        for attempts in count(1):
            outcome = self._attempt(message)
            pause = retry.pause_before_next(request.repeat, outcome, attempts)
            if pause is None:
                return request.parse(retry.accepted(outcome, self.url))
            time.sleep(pause)
        raise AssertionError("unreachable")

    def each(self, listing: Listing[Any]) -> Iterator[Any]:
        """Items of all pages. Each page is requested when the one before has been read."""
        cursor: str | None = None
        while True:
            page = self.send(listing.page(cursor))
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    @contextmanager
    def stream(self, request: Request[Any]) -> Generator[httpx.Response]:
        """A response whose content is read as it arrives. Raises ApiError and httpx.TransportError."""
        response = self._http.send(request.build(self._http, timeout=_STREAM_TIMEOUT), stream=True)
        try:
            if response.is_error:
                response.read()
            yield retry.accepted(response, self.url)
        finally:
            response.close()

    def _attempt(self, message: httpx.Request) -> retry.Outcome:
        try:
            return self._http.send(message)
        except httpx.TransportError as error:
            return error


class AsyncConnection:
    """Async connection, for asyncio and Trio. Tasks of one event loop may share it."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(**_options(self.url, token))

    async def close(self) -> None:
        """Close all network connections."""
        await self._http.aclose()

    async def send(self, request: Request[T]) -> T:
        """Send a request and read the response. Raises ApiError, NotReachable, UnexpectedAnswer."""
        message = request.build(self._http)
        for attempts in count(1):
            outcome = await self._attempt(message)
            pause = retry.pause_before_next(request.repeat, outcome, attempts)
            if pause is None:
                return request.parse(retry.accepted(outcome, self.url))
            await anyio.sleep(pause)
        raise AssertionError("unreachable")

    async def each(self, listing: Listing[Any]) -> AsyncIterator[Any]:
        """Items of all pages. Each page is requested when the one before has been read."""
        cursor: str | None = None
        while True:
            page = await self.send(listing.page(cursor))
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    @asynccontextmanager
    async def stream(self, request: Request[Any]) -> AsyncGenerator[httpx.Response]:
        """A response whose content is read as it arrives. Raises ApiError and httpx.TransportError."""
        response = await self._http.send(request.build(self._http, timeout=_STREAM_TIMEOUT), stream=True)
        try:
            if response.is_error:
                await response.aread()
            yield retry.accepted(response, self.url)
        finally:
            await response.aclose()

    async def _attempt(self, message: httpx.Request) -> retry.Outcome:
        try:
            return await self._http.send(message)
        except httpx.TransportError as error:
            return error
