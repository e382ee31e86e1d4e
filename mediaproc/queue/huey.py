"""The Huey instances, one a lane."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import redis
from huey import PriorityRedisExpireHuey
from huey.serializer import SignedSerializer
from redis.backoff import NoBackoff
from redis.retry import Retry

from mediaproc.domain.states import Lane
from mediaproc.settings import settings


@lru_cache(maxsize=len(Lane))
def huey_of(lane: Lane) -> Any:
    """The Huey of a lane: blocking pop, messages signed because Huey unpickles them."""
    return PriorityRedisExpireHuey(
        f"mediaproc.{lane.value}",
        connection_pool=_connections(),
        blocking=True,
        results=False,
        serializer=SignedSerializer(secret=settings().derived_secret("queue")),
    )


def _connections() -> Any:
    # One new try for a connection that went stale, and no waiting: redis-py would hold a request for seconds while
    # Redis is away, though the row is written and the message is sent again later.
    return redis.ConnectionPool.from_url(
        settings().queue_url, retry=Retry(NoBackoff(), 1), socket_connect_timeout=2, socket_timeout=5
    )
