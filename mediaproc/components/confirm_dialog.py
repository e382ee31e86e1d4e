"""Confirmation dialog, shown before an action that cannot be undone."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.widgets import button


def confirm_dialog(
    question: Any, *consequences: Any, action: Any, on_confirm: Any, open: Any, on_open_change: Any
) -> rx.Component:
    """The dialog. `action` labels the button that calls `on_confirm`; Escape and "Cancel" call `on_open_change`."""
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(question, size="4"),
            rx.alert_dialog.description(*consequences),
            rx.el.div(
                rx.alert_dialog.cancel(button("Cancel")),
                button(action, kind="main destroy", on_click=on_confirm),
                class_name="dialog-actions",
            ),
            max_width="420px",
        ),
        open=open,
        on_open_change=on_open_change,
    )
