"""Reprocess menu of a video's page: the presets, each with its description."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.popover import popover
from mediaproc.components.widgets import button, icon
from mediaproc.state.reprocess_menu import PresetRow, ReprocessMenuState


def reprocess_menu() -> rx.Component:
    """The button with its menu."""
    return popover(
        rx.fragment(icon("sliders-horizontal"), rx.el.span("Reprocess", class_name="wide")),
        rx.el.p("Reprocess with preset", class_name="menu-head"),
        rx.el.div(rx.foreach(ReprocessMenuState.presets, _choice)),
        label="Reprocess",
        kind="btn",
        panel_class="menu menu-presets",
        on_open_change=ReprocessMenuState.show,
    )


def _choice(row: rx.vars.ObjectVar[PresetRow]) -> rx.Component:
    return button(
        rx.el.span(
            rx.el.b(row.title),
            rx.el.small(rx.cond(row.unfit != "", "Not for this video: " + row.unfit, row.description)),
        ),
        kind="bare menu",
        disabled=row.unfit != "",
        on_click=ReprocessMenuState.choose(row.name),
        key=row.name,
    )
