"""Design tokens: the theme, and the stylesheets that hold everything the theme does not say."""

from __future__ import annotations

import reflex as rx

STYLESHEETS = ["/mediaproc.css"]
"""Served from `assets/`. Colours there are the theme's own variables, so light and dark follow by themselves."""


def theme() -> rx.Component:
    """One accent on slate, medium corners, light or dark as the system says."""
    return rx.theme(accent_color="iris", gray_color="slate", radius="medium", has_background=True)
