"""How many requests a session or API key may make in a minute, counted in Redis for all web processes together.

While Redis is away nothing is limited: an API that answers is worth more than a count.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.strategies import SlidingWindowCounterRateLimiter

from mediaproc import logs
from mediaproc.operations.rate_limits import sign_ins
from mediaproc.settings import settings

log = logs.get_logger(__name__)

_TRY_AGAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Allowance:
    """Requests left in this minute, and seconds until the allowance refills."""

    limit: int
    remaining: int
    reset_seconds: int
    exceeded: bool


def take(credential_id: UUID) -> Allowance | None:
    """Count one request. None when nothing is limited."""
    if settings().rate_limit_per_minute == 0 or _pause().lasts():
        return None
    try:
        return _count(str(credential_id))
    except sign_ins.AWAY:
        log.warning("requests_not_limited")
        _pause().begin()
        return None


def _count(who: str) -> Allowance:
    item = RateLimitItemPerMinute(settings().rate_limit_per_minute, namespace="requests")
    taken = _limiter().hit(item, who)
    window = _limiter().get_window_stats(item, who)
    return Allowance(
        limit=item.amount,
        remaining=window.remaining,
        reset_seconds=max(1, math.ceil(window.reset_time - time.time())),
        exceeded=not taken,
    )


class _Pause:
    """Redis that hangs is not asked again for a moment, or every request would wait for its timeout."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + _TRY_AGAIN_SECONDS

    def lasts(self) -> bool:
        return time.monotonic() < self._until


@lru_cache(maxsize=1)
def _pause() -> _Pause:
    return _Pause()


@lru_cache(maxsize=1)
def _limiter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(sign_ins.storage())
