"""Publish an event: one round trip, one id in every stream.

The id that Redis gives on the firehose is used again in the streams of the video and of the team, so a cursor
from one of them resumes in any of them. Several workers tell the progress of one attempt, each as far as it knows of
the others: what is told never falls.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mediaproc.events import streams
from mediaproc.events.messages import Event
from mediaproc.settings import settings

_PUBLISH = """
if ARGV[1] == 'progress' then
  local before = redis.call('GET', KEYS[4])
  if before then
    local old, new = cjson.decode(before), cjson.decode(ARGV[4])
    if old.attempt == new.attempt and (tonumber(old.progress) or 0) > (tonumber(new.progress) or 0) then
      new.progress = old.progress
      ARGV[4] = cjson.encode(new)
    end
  end
end
local fields = {'type', ARGV[1], 'team_id', ARGV[2], 'video_id', ARGV[3], 'data', ARGV[4]}
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[5], '*', unpack(fields))
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], id, unpack(fields))
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[7], id, unpack(fields))
redis.call('EXPIRE', KEYS[2], ARGV[8])
redis.call('EXPIRE', KEYS[3], ARGV[8])
if ARGV[1] == 'progress' then
  redis.call('SET', KEYS[4], ARGV[4], 'EX', ARGV[8])
elseif ARGV[1] == 'status' then
  redis.call('DEL', KEYS[4])
end
return id
"""


def publish(event: Event) -> str:
    """Publish an event and return its cursor. Raises `redis.RedisError` when Redis does not answer."""
    fields = event.to_fields()
    return str(
        _script()(
            keys=[
                streams.FIREHOSE,
                streams.video_stream(event.video_id),
                streams.team_stream(event.team_id),
                streams.latest_progress_key(event.video_id),
            ],
            args=[
                *(fields[name] for name in ("type", "team_id", "video_id", "data")),
                streams.FIREHOSE_LENGTH,
                streams.VIDEO_LENGTH,
                streams.TEAM_LENGTH,
                streams.RETENTION_SECONDS,
            ],
        )
    )


@lru_cache(maxsize=1)
def connection() -> Any:
    """The blocking connection of this process to the events' Redis. It tries once anew, without waiting."""
    return redis.Redis.from_url(
        settings().events_url,
        decode_responses=True,
        socket_timeout=5,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 1),
    )


@lru_cache(maxsize=1)
def _script() -> Any:
    return connection().register_script(_PUBLISH)
