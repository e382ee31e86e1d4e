"""Composition root: pages, API and event hub as one ASGI app on one port."""

import reflex as rx
from reflex.event import EventSpec

from mediaproc import routes, styles
from mediaproc.api.app import create_api
from mediaproc.api.middleware.page_guard import PageGuard
from mediaproc.api.middleware.page_headers import PageHeaders
from mediaproc.events import hub
from mediaproc.pages import jobs, library, not_found, presets, settings, sign_in, video
from mediaproc.state.jobs import JobsState
from mediaproc.state.library import LibraryState
from mediaproc.state.presets import PresetsState
from mediaproc.state.session import SessionState, explain
from mediaproc.state.settings import SettingsState
from mediaproc.state.sign_in import SignInState
from mediaproc.state.video import VideoState
from mediaproc.state.webhooks import WebhooksState


def _no_cors(_api: object) -> None:
    """Stands for Reflex's own CORS layer, which would wrap the app three times and refuse players of other origins."""


assert hasattr(rx.App, "_add_cors"), "this Reflex version adds its CORS layers elsewhere"
rx.App._add_cors = staticmethod(_no_cors)  # pyright: ignore


def on_backend_error(exception: Exception) -> EventSpec | None:
    """Show the failure of an event handler on the page."""
    return explain(exception)


app = rx.App(
    stylesheets=styles.STYLESHEETS,
    html_lang="en",
    head_components=[
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="color-scheme", content="light dark"),
    ],
    app_wraps={},
    toaster=None,
    api_transformer=[create_api(), PageHeaders, PageGuard],
    backend_exception_handler=on_backend_error,
)
app.register_lifespan_task(hub.running)

_ENTER = [SignInState.read]
app.add_page(sign_in.sign_in, route=routes.SIGN_IN, title="Sign in · Mediaproc", on_load=_ENTER)
app.add_page(sign_in.register, route=routes.REGISTER, title="Create account · Mediaproc", on_load=_ENTER)
app.add_page(sign_in.renew, route=routes.RENEW, title="Renewing session · Mediaproc")
app.add_page(
    library.library,
    route=routes.LIBRARY,
    title="Library · Mediaproc",
    on_load=[SessionState.guard, LibraryState.watch],
)
app.add_page(
    video.video,
    route=routes.VIDEO,
    title=rx.cond(VideoState.video.title != "", VideoState.video.title + " · Mediaproc", "Mediaproc"),
    on_load=[SessionState.guard, VideoState.watch],
)
app.add_page(
    jobs.jobs,
    route=routes.JOBS,
    title="Jobs · Mediaproc",
    on_load=[SessionState.guard, JobsState.watch],
)
app.add_page(
    settings.settings,
    route=routes.SETTINGS,
    title="Settings · Mediaproc",
    on_load=[SessionState.guard, WebhooksState.load, SettingsState.load],
)
app.add_page(
    presets.presets,
    route=routes.PRESETS,
    title="Presets · Mediaproc",
    on_load=[SessionState.guard, PresetsState.load],
)
app.add_page(not_found.not_found, route="404", title="Page not found · Mediaproc")
