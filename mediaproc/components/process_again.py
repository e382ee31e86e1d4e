"""“Process again”: a menu of the presets on a video's page, each with what it makes."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.parts import button, icon
from mediaproc.state.reprocessing import PresetRow, ReprocessingState


def process_again() -> rx.Component:
    """The button with its menu."""
    return rx.popover.root(
        rx.popover.trigger(
            button(
                icon("rotate-cw"),
                rx.el.span("Process again", class_name="wide"),
                aria_label="Process again",
            )
        ),
        rx.popover.content(
            rx.el.p("Process again with…", class_name="menu-head"),
            rx.foreach(ReprocessingState.presets, _choice),
            align="end",
            class_name="menu menu-presets",
            aria_label="Presets",
        ),
        open=ReprocessingState.open,
        on_open_change=ReprocessingState.show,
    )


def _choice(row: rx.vars.ObjectVar[PresetRow]) -> rx.Component:
    return button(
        rx.el.span(rx.el.b(row.title), rx.el.small(row.description)),
        kind="bare menu",
        on_click=ReprocessingState.choose(row.name),
        key=row.name,
    )
