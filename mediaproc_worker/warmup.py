"""Warm-up of a worker before its first job, which would otherwise wait half a second on two cores."""

from __future__ import annotations

import contextlib

import redis
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from mediaproc import database
from mediaproc.events import publisher
from mediaproc.runtime import ffmpeg, sandbox
from mediaproc.storage.client import client, signing_client

_CONNECTIONS = 3
"""Connections to Postgres: for a handler, its heartbeat, and queries of the handler's threads."""


def before_forks() -> None:
    """Warm up code that all worker processes of this host share after the fork. Opens no connection."""
    configure_mappers()
    sandbox.available()
    ffmpeg.decoders()
    client()
    signing_client()


def in_worker() -> None:
    """Open this process's connections. Services that are away are connected by the first job that needs them."""
    with contextlib.suppress(SQLAlchemyError), contextlib.ExitStack() as stack:
        for _ in range(_CONNECTIONS):
            stack.enter_context(database.engine().connect())
    with contextlib.suppress(redis.RedisError):
        publisher.connection().ping()
