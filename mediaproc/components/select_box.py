"""The box that selects one of a list of videos."""

from __future__ import annotations

from typing import Any

import reflex as rx


def select_box(state: Any, one: Any, *, class_name: str) -> rx.Component:
    """For a row or card of a state that has a `Selection`. With Shift a click selects all from the one before it."""
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=state.selected.contains(one.id),
            read_only=True,  # a click says whether Shift was held
            on_click=lambda event: state.select(one.id, event.shift_key),
            aria_label="Select “" + one.title + "”",
        ),
        class_name=class_name,
    )
