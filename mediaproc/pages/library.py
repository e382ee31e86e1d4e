"""Library page: the team's videos as cards."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.bulk_actions import bulk_actions
from mediaproc.components.format import format_percent, format_progress, format_size, join
from mediaproc.components.relative_time import relative_time
from mediaproc.components.select_box import select_box
from mediaproc.components.shell import shell
from mediaproc.components.upload.uploader import OPENS_PICKER
from mediaproc.components.widgets import button, icon, progress_bar
from mediaproc.operations.videos import Order
from mediaproc.state.cards import Card
from mediaproc.state.library import LibraryState

_STEPS = (
    ("1. Upload", "One or more files, of any length. Uploads resume after a lost connection or a reload."),
    ("2. Processing", "Videos are encoded to 1080p, 720p and 480p. Follow the progress live."),
    ("3. Play and download", "Play videos while they are processed, and download every rendition."),
)

_ORDERS = (
    ("Newest first", Order.NEWEST),
    ("Oldest first", Order.OLDEST),
    ("Title", Order.TITLE),
    ("Largest first", Order.LARGEST),
    ("Longest first", Order.LONGEST),
)


def library() -> rx.Component:
    """The page."""
    return shell(
        _head(),
        rx.cond(LibraryState.selected.length() > 0, bulk_actions()),
        rx.cond(
            LibraryState.ready,
            rx.cond(LibraryState.empty, _empty(), rx.cond(LibraryState.nothing_found, _no_results(), _grid())),
            _skeletons(),
        ),
        rx.el.div(LibraryState.announcement, class_name="hidden-visually", aria_live="polite"),
        searches_here=True,
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Library", class_name="mp-h1"),
        rx.el.div(class_name="push"),
        rx.cond(
            LibraryState.empty,
            rx.fragment(),
            rx.fragment(
                _order(),
                rx.el.div(
                    _filter("All", "all"),
                    _filter("In progress", "moving"),
                    _filter("Ready", "completed"),
                    _filter("Failed", "failed"),
                    _filter("Cancelled", "cancelled"),
                    class_name="filters",
                    role="group",
                    aria_label="Filter",
                ),
            ),
        ),
        class_name="page-head",
    )


def _order() -> rx.Component:
    return rx.el.select(
        *(rx.el.option(label, value=order.value) for label, order in _ORDERS),
        value=LibraryState.order,
        on_change=LibraryState.sort,
        aria_label="Sort by",
        class_name="field order",
    )


def _filter(name: str, key: str) -> rx.Component:
    return rx.el.button(
        name,
        type="button",
        class_name="filter",
        on_click=LibraryState.choose(key),
        aria_pressed=rx.cond(LibraryState.filter == key, "true", "false"),
    )


def _grid() -> rx.Component:
    return rx.fragment(
        rx.el.ul(
            rx.foreach(LibraryState.cards, _card),
            class_name=rx.cond(LibraryState.selected.length() > 0, "grid picking", "grid"),
            aria_label="Videos",
        ),
        rx.cond(
            LibraryState.has_more,
            rx.el.div(button("Show more", on_click=LibraryState.load_more), class_name="more"),
        ),
    )


def _card(card: rx.vars.ObjectVar[Card]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            _poster(card),
            rx.el.div(card.title, class_name="card-title", title=card.title),
            _line(card),
            href=card.href,
            class_name="card",
        ),
        select_box(LibraryState, card, class_name="pick"),
        key=card.id,
    )


def _poster(card: rx.vars.ObjectVar[Card]) -> rx.Component:
    return rx.el.div(
        icon("film", 28),
        rx.cond(card.poster != "", rx.el.img(src=card.poster, alt="", loading="lazy", decoding="async")),
        rx.cond(card.tiles > 1, _preview(card)),
        rx.match(
            card.status,
            ("failed", rx.el.span(icon("circle-alert", 13), "Failed", class_name="pill pill-failed")),
            ("cancelled", rx.el.span("Cancelled", class_name="pill pill-calm")),
            ("uploading", rx.el.span("Upload incomplete", class_name="pill pill-calm")),
            rx.fragment(),
        ),
        rx.cond(card.duration != "", rx.el.span(card.duration, class_name="length")),
        rx.cond(card.in_progress, progress_bar(LibraryState.progress[card.id].percent, "Progress of " + card.title)),
        class_name=rx.cond(card.in_progress, "poster moving", "poster"),
    )


def _preview(card: rx.vars.ObjectVar[Card]) -> rx.Component:
    """Frames of the whole video, shown and loaded only while the pointer is over the card."""
    strip = "url(" + card.preview.to_string() + ")"
    return rx.el.div(
        class_name="preview",
        style={"--strip": strip, "--tiles": card.tiles.to_string()},
        aria_hidden="true",
    )


def _line(card: rx.vars.ObjectVar[Card]) -> rx.Component:
    """Size, resolution and age; progress while the video is processed; the error once it failed."""
    progress = LibraryState.progress[card.id]
    return rx.el.div(
        rx.cond(
            card.in_progress,
            rx.fragment(
                rx.el.span(format_progress(progress), class_name="grow"),
                rx.cond(progress.started, rx.el.span(format_percent(progress.percent), class_name="end")),
            ),
            rx.cond(
                card.error != "",
                rx.el.span(card.error, class_name="fail", title=card.error),
                rx.fragment(
                    rx.el.span(join(format_size(card.size_bytes), card.resolution), class_name="grow"),
                    relative_time(at=card.created_at, class_name="sep"),
                ),
            ),
        ),
        class_name="card-line",
    )


def _skeletons() -> rx.Component:
    one = rx.el.li(
        rx.el.div(class_name="poster skeleton"),
        rx.el.div(class_name="skeleton skeleton-line"),
        rx.el.div(class_name="skeleton skeleton-line short"),
    )
    return rx.el.ul(*[one] * 8, class_name="grid", aria_label="Loading", aria_busy="true")


def _empty() -> rx.Component:
    return rx.el.section(
        rx.el.div(icon("cloud-upload", 28), class_name="invite-mark"),
        rx.el.h2("Upload your first video"),
        rx.el.p("Drop files anywhere on this page, or select them on your computer."),
        button(icon("upload"), "Select files", kind="main large", custom_attrs={**OPENS_PICKER}),
        rx.el.ol(*[rx.el.li(rx.el.b(title), rx.el.span(text)) for title, text in _STEPS], class_name="steps3"),
        class_name="invite",
    )


def _no_results() -> rx.Component:
    return rx.el.div(
        rx.cond(
            LibraryState.query != "",
            rx.fragment(
                rx.el.b("No results for “", LibraryState.query, "”"), "Try another search, or clear the filter."
            ),
            rx.fragment(rx.el.b("No videos"), "No videos match this filter."),
        ),
        class_name="empty",
    )
