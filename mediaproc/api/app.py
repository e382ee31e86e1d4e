"""The API as one FastAPI app, mounted around the web app."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from mediaproc.api import (
    api_keys,
    auth,
    events,
    forms,
    health,
    images,
    metrics,
    middleware,
    openapi,
    playback,
    presets,
    problem_docs,
    problems,
    uploads,
    videos,
    webhook_docs,
    webhooks,
)

_BASE = "/api/v1"


def create_api() -> FastAPI:
    """Create the app. Reads no setting and connects to nothing before the first request.

    Every route is explicit, except that all of `/api/…` belongs to the API. Any other path is left to the web app.
    """
    app = FastAPIOffline(
        title="Mediaproc",
        version="1",
        summary="Video processing with direct uploads, many workers and live progress.",
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.TAGS,
        license_info=openapi.LICENSE,
        contact=openapi.CONTACT,
        servers=openapi.SERVERS,
        docs_url="/api/docs",
        static_url="/api/docs/static",
        swagger_ui_oauth2_redirect_url="/api/docs/oauth2-redirect",
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    problems.install(app)
    middleware.install(app)
    openapi.install(app)
    webhook_docs.install(app)
    _add_routes(app)
    return app


def _add_routes(app: FastAPI) -> None:
    routers = (
        auth.router,
        uploads.router,
        videos.router,
        playback.router,
        playback.dash_router,
        events.router,
        events.team_router,
        presets.router,
        images.router,
        api_keys.router,
        webhooks.router,
    )
    for router in routers:
        app.include_router(router, prefix=_BASE)
    for router in (playback.router, playback.dash_router, events.router):
        app.include_router(router, include_in_schema=False)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(forms.router)
    app.include_router(problem_docs.router)
    app.include_router(problem_docs.nothing)
