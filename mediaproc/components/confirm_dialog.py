"""Confirmation dialog, shown before an action that cannot be undone."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from mediaproc.components.widgets import button


class ConfirmDialog(rx.Component):
    """The first child is the text, the second the button that confirms."""

    library = rx.asset("confirm_dialog.jsx", shared=True).importable_path
    tag = "ConfirmDialog"

    question: rx.Var[str]
    open: rx.Var[bool]
    on_open_change: rx.EventHandler[passthrough_event_spec(bool)]


def confirm_dialog(
    question: Any, *consequences: Any, action: Any, on_confirm: Any, open: Any, on_open_change: Any
) -> rx.Component:
    """The dialog. `action` labels the button that calls `on_confirm`; Escape and "Cancel" call `on_open_change`."""
    return ConfirmDialog.create(
        rx.el.p(*consequences),
        button(action, kind="main destroy", on_click=on_confirm),
        question=question,
        open=open,
        on_open_change=on_open_change,
    )
