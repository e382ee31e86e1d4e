"""ASGI factory of the API alone, with the lifespan that the web app gives it."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager

from fastapi import FastAPI

from mediaproc import logs
from mediaproc.api import stream_checks
from mediaproc.api.app import create_api
from mediaproc.commands.web import collect_rarely
from mediaproc.events import hub
from mediaproc.operations import passwords
from mediaproc.settings import settings


def make() -> FastAPI:
    """Create the app. `KEEP_ALIVE_SECONDS` shortens the keep-alive interval of event streams, by default 15 s."""
    logs.configure(level=settings().log_level)
    passwords.COST = 4  # as in the process of the tests
    stream_checks.INTERVAL_SECONDS = float(os.environ.get("KEEP_ALIVE_SECONDS", stream_checks.INTERVAL_SECONDS))
    app = create_api()

    @asynccontextmanager
    async def lifespan(_app: FastAPI):
        async with hub.running():
            yield

    app.router.lifespan_context = lifespan
    collect_rarely()
    return app
