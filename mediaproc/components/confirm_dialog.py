"""The question before something that can't be undone."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.widgets import button


def confirm_dialog(question: Any, *consequences: Any, act: Any, on_act: Any, asked: Any, on_asked: Any) -> rx.Component:
    """Ask it for as long as `asked` is true. `on_asked` hears when that changes: by Escape, or by “Keep it”."""
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(question, size="4"),
            rx.alert_dialog.description(*consequences),
            rx.el.div(
                rx.alert_dialog.cancel(button("Keep it")),
                button(act, kind="main destroy", on_click=on_act),
                class_name="dialog-acts",
            ),
            max_width="420px",
        ),
        open=asked,
        on_open_change=on_asked,
    )
