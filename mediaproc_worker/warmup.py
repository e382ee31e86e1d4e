"""Warm-up of a worker before its first job, which would otherwise wait half a second on two cores."""

from __future__ import annotations

import contextlib

import redis
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from mediaproc import database
from mediaproc.events import publisher
from mediaproc.runtime import sandbox
from mediaproc.storage.client import client, signing_client

_CONNECTIONS = 3
"""To Postgres: for a handler, its heartbeat, and whatever is looked up beside."""


def before_forks() -> None:
    """Warm up what all worker processes of this host can share. Connects to nothing."""
    configure_mappers()
    sandbox.available()
    client()
    signing_client()


def in_worker() -> None:
    """Connect this process. What is away now is connected by the first job that needs it."""
    with contextlib.suppress(SQLAlchemyError), contextlib.ExitStack() as stack:
        for _ in range(_CONNECTIONS):
            stack.enter_context(database.engine().connect())
    with contextlib.suppress(redis.RedisError):
        publisher.connection().ping()
