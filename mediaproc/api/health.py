"""`/livez` and `/readyz`: liveness and readiness probes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import anyio
import anyio.to_thread
import redis
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text

from mediaproc import database, logs
from mediaproc.api import problems
from mediaproc.domain.errors import ServiceUnavailable
from mediaproc.settings import settings
from mediaproc.storage.client import client

log = logs.get_logger(__name__)

router = APIRouter(tags=["operations"])

TIMEOUT_SECONDS = 2.0

_threads = anyio.CapacityLimiter(12)
"""Separate threads, so that checks that hang don't starve requests."""


class Health(BaseModel):
    """Health: everything is up."""

    status: Literal["ok"] = "ok"


def _postgres() -> None:
    with database.engine().connect() as connection:
        connection.execute(text("SELECT 1"))


def _redis() -> None:
    for url in dict.fromkeys((settings().queue_url, settings().events_url)):
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as connection:
            connection.ping()


def _s3() -> None:
    client().head_bucket(Bucket=settings().s3_bucket)


CHECKS: dict[str, Callable[[], None]] = {"postgres": _postgres, "redis": _redis, "s3": _s3}


@router.get("/livez", operation_id="get_liveness")
async def livez() -> Health:
    """Liveness: this process answers."""
    return Health()


@router.get("/readyz", operation_id="get_readiness", response_model=Health, responses=problems.documented(503))
async def readyz() -> Health | JSONResponse:
    """Readiness: Postgres, Redis and S3 answer. Otherwise 503, and `failing` names what does not."""
    failing: list[str] = []
    async with anyio.create_task_group() as group:
        for name in CHECKS:
            group.start_soon(_check, name, failing)
    return _not_ready(sorted(failing)) if failing else Health()


async def _check(name: str, failing: list[str]) -> None:
    try:
        with anyio.fail_after(TIMEOUT_SECONDS):
            await anyio.to_thread.run_sync(CHECKS[name], abandon_on_cancel=True, limiter=_threads)
    except Exception as error:
        log.warning("not_ready", service=name, error=type(error).__name__)
        failing.append(name)


def _not_ready(failing: list[str]) -> JSONResponse:
    return problems.answer(
        status=503,
        code=ServiceUnavailable.code,
        title=ServiceUnavailable.title,
        detail=f"No response from {', '.join(failing)}",
        headers={"Retry-After": "5"},
        failing=failing,
    )
