"""One line to the API: calls that are tried again where that is safe, and refusals as ApiError."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import uuid4

import httpx

from mediaproc.client.errors import ApiError, NotReachable, UnexpectedAnswer

_BASE = "/api/v1"
_TRIES = 5
_LONGEST_WAIT_SECONDS = 20.0
_BUSY = frozenset({429, 502, 503, 504})
_TIMEOUT = httpx.Timeout(30, connect=10)
_STREAM_TIMEOUT = httpx.Timeout(45, connect=10)
"""A comment comes every 15 seconds, so a stream that says nothing for this long is dead."""


@cache
def tls() -> ssl.SSLContext:
    """What is known of certificates, read once: httpx reads it again for each of its clients, for 50 ms each."""
    return httpx.create_ssl_context()


class Connection:
    """Speaks to one server with one credential. Threads may share it."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url,
            timeout=_TIMEOUT,
            verify=tls(),
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """What a GET answers, as JSON."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        return self.json(self.call("GET", path, params=given))

    def post(self, path: str, body: Any = None, *, once: bool = True) -> Any:
        """What a POST answers, as JSON. `once`: an Idempotency-Key makes it safe to send again."""
        headers = {"Idempotency-Key": uuid4().hex} if once else {}
        answer = self.call("POST", path, json=body, headers=headers, again=once)
        return self.json(answer) if answer.content else None

    def patch(self, path: str, body: Any) -> Any:
        """What a PATCH answers, as JSON."""
        return self.json(self.call("PATCH", path, json=body))

    def delete(self, path: str) -> None:
        """DELETE, which done twice is done once."""
        self.call("DELETE", path)

    def json(self, answer: httpx.Response) -> Any:
        """The JSON of an answer. Raises UnexpectedAnswer."""
        try:
            return answer.json()
        except ValueError as error:
            raise UnexpectedAnswer(f"{self.url} does not speak Mediaproc's API") from error

    def call(self, method: str, path: str, *, again: bool = True, **request: Any) -> httpx.Response:
        """An answer of 2xx or 3xx. `again`: it may have happened and be sent again. Raises ApiError, NotReachable."""
        tries = 0
        while True:
            tries += 1
            try:
                answer = self._http.request(method, _BASE + path, **request)
            except httpx.TransportError as error:
                unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if tries == _TRIES or not (again or unsent):
                    raise NotReachable(f"{self.url} does not answer ({error or type(error).__name__})") from error
                time.sleep(pause_seconds(tries))
                continue
            wait = _wait_seconds(answer, tries)
            may = again or answer.status_code == 429
            if answer.status_code not in _BUSY or tries == _TRIES or not may or wait > _LONGEST_WAIT_SECONDS:
                return _accepted(answer)
            time.sleep(wait)

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Generator[httpx.Response]:
        """An open answer of the API's events. Raises ApiError, and httpx.TransportError when the line breaks."""
        with self._http.stream("GET", _BASE + path, headers=dict(headers), timeout=_STREAM_TIMEOUT) as answer:
            if answer.is_error:
                answer.read()
            yield _accepted(answer)


def pause_seconds(tries: int) -> float:
    """How long to wait after so many tries: doubled each time, up to 20 s, never in step with others."""
    return min(0.25 * 2**tries, _LONGEST_WAIT_SECONDS) * random.uniform(0.5, 1)  # noqa: S311  # spreads load


def _wait_seconds(answer: httpx.Response, tries: int) -> float:
    asked = answer.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else pause_seconds(tries)


def _accepted(answer: httpx.Response) -> httpx.Response:
    if not answer.is_error:
        return answer
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    raise ApiError(answer.status_code, problem if isinstance(problem, dict) else {})
