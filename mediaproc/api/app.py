"""The API as one FastAPI app, to be wrapped around the page's app."""

from __future__ import annotations

from fastapi import FastAPI

from mediaproc.api import auth, forms, middleware, problems

_BASE = "/api/v1"


def create_api() -> FastAPI:
    """The app. Nothing here connects to anything before the first request."""
    app = FastAPI(title="Mediaproc", version="1", docs_url="/api/docs", redoc_url=None, openapi_url="/api/openapi.json")
    problems.install(app)
    middleware.install(app)
    app.include_router(auth.router, prefix=_BASE)
    app.include_router(forms.router)
    return app
