"""Checkbox that selects one video of a list."""

from __future__ import annotations

from typing import Any

import reflex as rx


def select_box(state: Any, one: Any, *, class_name: str) -> rx.Component:
    """The checkbox of a row or card; `state` is a `Selection`. A click with Shift selects a range."""

    def select(event: Any) -> Any:
        return state.select(one.id, event.shift_key)

    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=state.selected.contains(one.id),
            read_only=True,  # a click says whether Shift was held
            on_click=select,
            aria_label="Select “" + one.title + "”",
        ),
        class_name=class_name,
    )
