"""Whether Postgres, Redis, S3 and the web app answer, and waiting until they do."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable

import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError

from mediaproc.settings import settings
from mediaproc.storage.client import client

Check = Callable[[], None]


class NotReachable(Exception):
    """A service does not answer; the message says which and why, without its address's password."""


def postgres() -> None:
    """Raises `psycopg.Error` unless Postgres lets us in."""
    psycopg.connect(settings().database_url.replace("+psycopg", "", 1), connect_timeout=3).close()


def valkey() -> None:
    """Raises `redis.RedisError` unless Redis or Valkey answers."""
    redis.Redis.from_url(settings().queue_url, socket_connect_timeout=3, socket_timeout=3).ping()


def s3() -> None:
    """Raises botocore's errors unless S3 knows our key. A bucket that is not there yet is fine."""
    try:
        client().head_bucket(Bucket=settings().s3_bucket)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise


def web(address: str) -> Check:
    """A check that raises `OSError` unless the app there says that it is ready."""

    def check() -> None:
        urllib.request.urlopen(f"{address}/readyz", timeout=3).close()  # noqa: S310  # our own address

    return check


def wait_for(name: str, check: Check, *, seconds: float, alive: Callable[[], bool] = lambda: True) -> float:
    """Try until it answers; returns the seconds that took. Raises `NotReachable` at the end or when `alive` ends."""
    begun = time.monotonic()
    while True:
        try:
            check()
            return time.monotonic() - begun
        except (psycopg.Error, redis.RedisError, BotoCoreError, ClientError, OSError) as error:
            if time.monotonic() - begun > seconds or not alive():
                raise NotReachable(f"{name} does not answer: {_reason(error)}") from error
        time.sleep(0.1)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
