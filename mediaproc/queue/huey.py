"""The Huey instances, one a lane."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from huey import PriorityRedisExpireHuey
from huey.serializer import SignedSerializer

from mediaproc.domain.states import Lane
from mediaproc.settings import settings


@lru_cache(maxsize=len(Lane))
def huey_of(lane: Lane) -> Any:
    """The Huey of a lane: blocking pop, messages signed because Huey unpickles them."""
    return PriorityRedisExpireHuey(
        f"mediaproc.{lane.value}",
        url=settings().queue_url,
        blocking=True,
        results=False,
        serializer=SignedSerializer(secret=settings().derived_secret("queue")),
    )
