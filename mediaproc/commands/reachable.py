"""Reachability checks of Postgres, Redis, S3 and the web app, and waiting for them."""

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
    """A service does not answer. The message names it and the reason, without the URL's password."""


def postgres() -> None:
    """Connect to Postgres. Raises `psycopg.Error`."""
    psycopg.connect(settings().database_url.replace("+psycopg", "", 1), connect_timeout=3).close()


def valkey() -> None:
    """Ping Redis or Valkey. Raises `redis.RedisError`."""
    redis.Redis.from_url(settings().queue_url, socket_connect_timeout=3, socket_timeout=3).ping()


def s3() -> None:
    """Check the S3 credentials. Raises botocore's errors. A missing bucket is fine."""
    try:
        client().head_bucket(Bucket=settings().s3_bucket)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise


def web(address: str) -> Check:
    """Check that the web app reports readiness. Raises `OSError`."""

    def check() -> None:
        urllib.request.urlopen(f"{address}/readyz", timeout=3).close()  # noqa: S310  # our own address

    return check


def wait_for(name: str, check: Check, *, seconds: float, alive: Callable[[], bool] = lambda: True) -> float:
    """Retry a check until it succeeds. Returns the seconds it took. Raises `NotReachable` on timeout or when `alive`
    ends.
    """
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
