"""The library: every video of the team as a card."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.bulk_actions import bulk_actions
from mediaproc.components.relative_time import relative_time
from mediaproc.components.select_box import select_box
from mediaproc.components.shell import shell
from mediaproc.components.uploader import OPENS_PICKER
from mediaproc.components.widgets import bar, button, icon
from mediaproc.operations.videos import Order
from mediaproc.state.cards import Card
from mediaproc.state.library import LibraryState

_STEPS = (
    ("1. Drop", "Several files at once, of any length. A dropped connection or a reload loses nothing."),
    ("2. Watch it being made", "Encoded to 1080p, 720p and 480p, with progress that moves by itself."),
    ("3. Play and download", "It plays in the browser before it is done, and every size can be downloaded."),
)

_ORDERS = (
    ("Newest first", Order.NEWEST),
    ("Oldest first", Order.OLDEST),
    ("By name", Order.TITLE),
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
            rx.cond(LibraryState.empty, _invitation(), rx.cond(LibraryState.nothing_found, _nothing(), _grid())),
            _skeletons(),
        ),
        rx.el.div(LibraryState.spoken, class_name="hidden-visually", aria_live="polite"),
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
                    class_name="filters",
                    role="group",
                    aria_label="Show",
                ),
            ),
        ),
        class_name="page-head",
    )


def _order() -> rx.Component:
    return rx.el.select(
        *(rx.el.option(words, value=order.value) for words, order in _ORDERS),
        value=LibraryState.order,
        on_change=LibraryState.sort,
        aria_label="Order",
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
        rx.link(
            _poster(card),
            rx.el.div(card.title, class_name="card-title", title=card.title),
            _line(card),
            href=card.href,
            underline="none",
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
            ("uploading", rx.el.span("Uploading", class_name="pill pill-calm")),
            rx.fragment(),
        ),
        rx.cond(card.duration != "", rx.el.span(card.duration, class_name="length")),
        rx.cond(card.moving, bar(LibraryState.live[card.id].progress, card.title + ": progress")),
        class_name=rx.cond(card.moving, "poster moving", "poster"),
    )


def _preview(card: rx.vars.ObjectVar[Card]) -> rx.Component:
    """Tiles of the whole video one after another while the card is pointed at; loaded only then."""
    strip = "url(" + card.preview.to_string() + ")"
    return rx.el.div(
        class_name="preview",
        style={"--strip": strip, "--tiles": card.tiles.to_string()},
        aria_hidden="true",
    )


def _line(card: rx.vars.ObjectVar[Card]) -> rx.Component:
    """Quiet facts; while it moves what happens; after a failure what went wrong."""
    live = LibraryState.live[card.id]
    return rx.el.div(
        rx.cond(
            card.moving,
            rx.fragment(rx.el.span(live.line, class_name="grow"), rx.el.span(live.percent, class_name="end")),
            rx.cond(
                card.trouble != "",
                rx.el.span(card.trouble, class_name="fail", title=card.trouble),
                rx.fragment(
                    rx.el.span(card.facts, class_name="grow"), relative_time(at=card.created_at, class_name="sep")
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


def _invitation() -> rx.Component:
    return rx.el.section(
        rx.el.div(icon("cloud-upload", 28), class_name="invite-mark"),
        rx.el.h2("Drop your first video here"),
        rx.el.p("Anywhere on this page, or pick it from your computer."),
        button(icon("upload"), "Choose files", kind="main large", custom_attrs={**OPENS_PICKER}),
        rx.el.ol(*[rx.el.li(rx.el.b(title), rx.el.span(text)) for title, text in _STEPS], class_name="steps3"),
        class_name="invite",
    )


def _nothing() -> rx.Component:
    return rx.el.div(
        rx.cond(
            LibraryState.query != "",
            rx.fragment(rx.el.b("No video is called “", LibraryState.query, "”"), "Try fewer letters, or show all."),
            rx.fragment(rx.el.b("Nothing here"), "No video is in this state now."),
        ),
        class_name="nothing",
    )
