"""Page for an unknown address."""

from __future__ import annotations

import reflex as rx

from mediaproc import routes
from mediaproc.components.widgets import mark


def not_found() -> rx.Component:
    """The page."""
    return rx.el.main(
        rx.el.div(
            rx.el.div(mark(), class_name="brand"),
            rx.el.h1("Page not found", class_name="mp-h1"),
            rx.el.p("Check the address. The page may have been moved or deleted.", class_name="quiet auth-sub"),
            rx.el.a("Go to the library", href=routes.LIBRARY, class_name="btn btn-main"),
            class_name="auth-card",
        ),
        class_name="auth",
    )
