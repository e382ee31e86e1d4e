"""One video: the player first, then what it is, what can be downloaded, and what happened."""

from __future__ import annotations

import reflex as rx

from mediaproc import routes
from mediaproc.components.activity_panel import activity_panel
from mediaproc.components.confirm_dialog import confirm_dialog
from mediaproc.components.details_panel import details_panel
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
            ("no", _gone()),
            _skeleton(),
        ),
        rx.el.div(VideoState.spoken, class_name="hidden-visually", aria_live="polite"),
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
        _delete_question(),
    )


def _title() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h1(_video.title, class_name="hidden-visually"),
            title_field(title=_video.title, key=_video.id, on_rename=VideoState.rename),
            rx.cond(
                _video.moving,
                button(
                    icon("ban"),
                    rx.el.span("Cancel processing", class_name="wide"),
                    aria_label="Cancel processing",
                    on_click=VideoState.cancel,
                ),
                _process_again(),
            ),
            button(
                icon("trash-2"),
                rx.el.span("Delete", class_name="wide"),
                kind="danger",
                aria_label="Delete",
                on_click=VideoState.ask_to_delete(True),
            ),
            class_name="title-row",
        ),
        rx.el.p(
            rx.el.span(_video.state),
            rx.cond(_video.duration != "", rx.el.span(_video.duration, class_name="sep")),
            rx.el.span(_video.size, class_name="sep"),
            relative_time(at=_video.created_at, class_name="sep"),
            class_name="facts",
        ),
    )


def _process_again() -> rx.Component:
    again = button(
        icon("rotate-cw"), rx.el.span("Try again", class_name="wide"), aria_label="Try again", on_click=VideoState.retry
    )
    return rx.match(
        _video.status,
        ("failed", rx.fragment(again, reprocess_menu())),
        ("cancelled", rx.fragment(again, reprocess_menu())),
        ("completed", reprocess_menu()),
        rx.fragment(),
    )


def _delete_question() -> rx.Component:
    return confirm_dialog(
        "Delete this video?",
        rx.el.b(_video.title),
        " goes with its original and everything made of it. This can't be undone.",
        act="Delete it",
        on_act=VideoState.delete,
        asked=VideoState.confirming,
        on_asked=VideoState.ask_to_delete,
    )


def _gone() -> rx.Component:
    return rx.el.div(
        rx.el.b("There is no such video"),
        rx.el.p("It may have been deleted."),
        rx.link("Go to the library", href=routes.LIBRARY, underline="none", class_name="btn"),
        class_name="nothing",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(class_name="stage skeleton"),
            rx.el.div(class_name="skeleton skeleton-line", style={"height": "24px", "marginTop": "20px"}),
            rx.el.div(class_name="skeleton skeleton-line short"),
        ),
        rx.el.div(class_name="skeleton", style={"height": "220px", "borderRadius": "12px"}),
        class_name="video-cols",
        aria_busy="true",
        aria_label="Loading",
    )
