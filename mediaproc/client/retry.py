"""Retry policy: decides whether a request is sent again, and after how many seconds. Never waits itself."""

from __future__ import annotations

import random

import httpx

from mediaproc.client.errors import ApiError, NotReachable
from mediaproc.client.request import Repeat

ATTEMPTS = 5
_LONGEST_PAUSE_SECONDS = 20.0
_TEMPORARY = frozenset({429, 502, 503, 504})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout)

Outcome = httpx.Response | httpx.TransportError
"""Outcome of one attempt."""


def pause_seconds(attempts: int) -> float:
    """Pause after so many attempts: doubles each time, up to 20 s, with jitter so that clients spread out."""
    return min(0.25 * 2**attempts, _LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1)  # noqa: S311  # spreads load


def pause_before_next(repeat: Repeat, outcome: Outcome, attempts: int) -> float | None:
    """Seconds to wait before the next attempt. None if this outcome is the last."""
    if attempts >= ATTEMPTS:
        return None
    if isinstance(outcome, httpx.TransportError):
        may_repeat = repeat is not Repeat.NEVER or isinstance(outcome, _NOT_SENT)
        return pause_seconds(attempts) if may_repeat else None
    pause = _asked_seconds(outcome, attempts)
    may_repeat = repeat is not Repeat.NEVER or outcome.status_code == 429  # 429: it was not carried out
    return pause if may_repeat and outcome.status_code in _TEMPORARY and pause <= _LONGEST_PAUSE_SECONDS else None


def accepted(outcome: Outcome, url: str) -> httpx.Response:
    """The response, if it is not an error. Raises ApiError and NotReachable."""
    if isinstance(outcome, httpx.TransportError):
        raise NotReachable(f"{url} does not respond ({outcome or type(outcome).__name__})") from outcome
    if not outcome.is_error:
        return outcome
    try:
        problem = outcome.json()
    except ValueError:
        problem = {}
    raise ApiError(outcome.status_code, problem if isinstance(problem, dict) else {})


def _asked_seconds(response: httpx.Response, attempts: int) -> float:
    """`Retry-After` of the response, else the usual pause."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else pause_seconds(attempts)
