"""Design tokens: the Radix theme, and the stylesheets for everything else."""

from __future__ import annotations

import reflex as rx

STYLESHEETS = ["/mediaproc.css"]
"""Served from `assets/`. Their colors are variables of the theme, which change with light and dark mode."""


def theme() -> rx.Component:
    """Iris accent on slate, medium radius; light or dark as the system prefers."""
    return rx.theme(accent_color="iris", gray_color="slate", radius="medium", has_background=True)
