"""Video page: the player, progress, activity, renditions and details of one video."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc import routes
from mediaproc.components.activity_panel import activity_panel
from mediaproc.components.details_panel import details_panel
from mediaproc.components.format import format_size
from mediaproc.components.plan_panel import plan_panel
from mediaproc.components.player_panel import player_panel
from mediaproc.components.progress_panel import progress_panel
from mediaproc.components.relative_time import relative_time
from mediaproc.components.renditions_panel import renditions_panel
from mediaproc.components.reprocess_menu import reprocess_menu
from mediaproc.components.shell import shell
from mediaproc.components.snippets_panel import snippets_panel
from mediaproc.components.title_field import title_field
from mediaproc.components.widgets import button, icon
from mediaproc.state.video import VideoState

_video = VideoState.video


def video() -> rx.Component:
    """The page."""
    return shell(
        rx.match(
            VideoState.found,
            ("yes", _page()),
            ("no", _not_found()),
            _skeleton(),
        ),
        rx.el.div(VideoState.announcement, class_name="hidden-visually", aria_live="polite"),
    )


def _page() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                player_panel(),
                _title(),
                progress_panel(),
                activity_panel(),
                plan_panel(),
                snippets_panel(),
                class_name="video-main",
            ),
            rx.el.aside(renditions_panel(), details_panel(), aria_label="About this video"),
            class_name="video-cols",
        ),
    )


def _title() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h1(_video.title, class_name="hidden-visually"),
            title_field(title=_video.title, key=_video.id, on_rename=VideoState.rename),
            rx.cond(
                _video.in_progress,
                button(
                    icon("ban"),
                    rx.el.span("Cancel processing", class_name="wide"),
                    aria_label="Cancel processing",
                    on_click=VideoState.cancel,
                ),
                _repeat(),
            ),
            button(
                icon("trash-2"),
                rx.el.span("Delete", class_name="wide"),
                kind="danger",
                aria_label="Delete",
                on_click=VideoState.delete,
            ),
            class_name="title-row",
        ),
        rx.el.p(
            rx.el.span(_video.status_label),
            rx.cond(_video.duration != "", rx.el.span(_video.duration, class_name="sep")),
            rx.el.span(format_size(_video.size_bytes), class_name="sep"),
            relative_time(at=_video.created_at, class_name="sep"),
            class_name="facts",
        ),
    )


def _repeat() -> Any:
    """Buttons that process the video once more, if that may help."""
    retry = button(
        icon("rotate-cw"), rx.el.span("Retry", class_name="wide"), aria_label="Retry", on_click=VideoState.retry
    )
    return rx.fragment(rx.cond(_video.can_retry, retry), rx.cond(_video.can_reprocess, reprocess_menu()))


def _not_found() -> rx.Component:
    return rx.el.div(
        rx.el.b("Video not found"),
        rx.el.p("It may have been deleted."),
        rx.el.a("Go to the library", href=routes.LIBRARY, class_name="btn"),
        class_name="empty",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(class_name="player-frame skeleton"),
            rx.el.div(class_name="skeleton skeleton-line", style={"height": "24px", "marginTop": "20px"}),
            rx.el.div(class_name="skeleton skeleton-line short"),
        ),
        rx.el.div(class_name="skeleton", style={"height": "220px", "borderRadius": "12px"}),
        class_name="video-cols",
        aria_busy="true",
        aria_label="Loading",
    )
