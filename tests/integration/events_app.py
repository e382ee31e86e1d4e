"""The API alone on a server, with the lifespan that the web app gives it: `granian --factory`."""

from __future__ import annotations

from contextlib import asynccontextmanager

from fastapi import FastAPI

from mediaproc import logs
from mediaproc.api.app import create_api
from mediaproc.commands.web import collect_rarely
from mediaproc.events import hub
from mediaproc.settings import settings


def make() -> FastAPI:
    logs.configure(level=settings().log_level)
    app = create_api()

    @asynccontextmanager
    async def lifespan(_app: FastAPI):
        async with hub.running():
            yield

    app.router.lifespan_context = lifespan
    collect_rarely()
    return app
