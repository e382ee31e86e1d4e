"""There is no such page."""

from __future__ import annotations

import reflex as rx

from mediaproc import routes
from mediaproc.components.widgets import mark


def not_found() -> rx.Component:
    """The page."""
    return rx.el.main(
        rx.el.div(
            rx.el.div(mark(), class_name="brand"),
            rx.el.h1("There is nothing here", class_name="mp-h1"),
            rx.el.p("The address may be mistyped, or the video was deleted.", class_name="quiet door-sub"),
            rx.link("Go to the library", href=routes.LIBRARY, underline="none", class_name="btn btn-main"),
            class_name="door-card",
        ),
        class_name="door",
    )
