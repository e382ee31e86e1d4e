"""The API alone on a server, with the lifespan that the web app gives it: `granian --factory`."""

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
    """The app. `KEEP_ALIVE_SECONDS` is for tests that wait for a keep-alive, of 15 seconds otherwise."""
    logs.configure(level=settings().log_level)
    passwords.COST = 4  # as in the tests' own process
    stream_checks.INTERVAL_SECONDS = float(os.environ.get("KEEP_ALIVE_SECONDS", stream_checks.INTERVAL_SECONDS))
    app = create_api()

    @asynccontextmanager
    async def lifespan(_app: FastAPI):
        async with hub.running():
            yield

    app.router.lifespan_context = lifespan
    collect_rarely()
    return app
