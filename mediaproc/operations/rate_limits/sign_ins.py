"""Tries to sign in, counted in Redis: a few for each email from each address, many for each address, then a pause.

When Redis is away nothing is counted and signing in goes on: bcrypt alone still makes guessing slow.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from functools import lru_cache
from typing import Any, Literal, cast

import redis
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from mediaproc import logs
from mediaproc.domain.errors import TooManyRequests
from mediaproc.settings import settings

log = logs.get_logger(__name__)

TRIES = RateLimitItemPerMinute(10, 15, namespace="sign-in")
"""Ten tries in a quarter of an hour, for one email from one address."""

Arrival = Literal["register", "sign-in", "refresh"]

REFRESHES_PER_SIGN_IN = 10
"""Pages renew their sign-in all day, and an office has one address."""

AWAY = (redis.RedisError, StorageError, OSError)
"""What is raised while Redis does not answer."""


def count_try(*, email: str, client_address: str) -> None:
    """Count a try before it is made, so that tries side by side count too. Raises TooManyRequests."""
    who = _who(email, client_address)
    try:
        if not _limiter().hit(TRIES, who):
            raise TooManyRequests(retry_after_seconds=_wait_seconds(who))
    except AWAY:
        log.warning("sign_in_not_throttled")


def count_arrival(kind: Arrival, *, client_address: str) -> None:
    """Count who comes from an address, whatever their email. Raises TooManyRequests."""
    most = settings().address_limit_per_hour * (REFRESHES_PER_SIGN_IN if kind == "refresh" else 1)
    if most == 0 or not client_address:
        return
    item, who = RateLimitItemPerHour(most, namespace=f"{kind}-from"), _network_of(client_address)
    try:
        if not _address_limiter().hit(item, who):
            reset_time = _address_limiter().get_window_stats(item, who).reset_time
            raise TooManyRequests(retry_after_seconds=max(1, math.ceil(reset_time - time.time())))
    except AWAY:
        log.warning("arrivals_not_throttled")


def forgive(*, email: str, client_address: str) -> None:
    """Forget the tries: this one was right."""
    try:
        _limiter().clear(TRIES, _who(email, client_address))
    except AWAY:
        log.warning("sign_in_not_throttled")


def _wait_seconds(who: str) -> int:
    return max(1, math.ceil(_limiter().get_window_stats(TRIES, who).reset_time - time.time()))


def _who(email: str, client_address: str) -> str:
    return hashlib.sha256(f"{email}\n{client_address}".encode()).hexdigest()


def _network_of(client_address: str) -> str:
    """Network of one visitor: an IPv4 address, or an IPv6 /64."""
    try:
        address = ipaddress.ip_address(client_address)
    except ValueError:
        return client_address
    return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))


@lru_cache(maxsize=1)
def _address_limiter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(storage())


@lru_cache(maxsize=1)
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(storage())


def storage() -> Storage:
    """Storage of the counters. Short timeouts: an outage must not delay requests."""
    url = settings().events_url
    address = f"redis+{url}" if url.startswith("unix://") else url
    # One new try without waiting.
    options: dict[str, Any] = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 1)}
    return cast("Storage", storage_from_string(address, key_prefix="throttle", **options))
