"""Keyboard shortcuts of every page; `?` lists them."""

from __future__ import annotations

import reflex as rx


class Shortcuts(rx.NoSSRComponent):
    """The dialog, opened by `?` or by any element with `data-show-keys`."""

    library = rx.asset("shortcuts.jsx", shared=True).importable_path
    tag = "Shortcuts"


shortcuts = Shortcuts.create

SHOWS_KEYS = {"data-show-keys": "true"}

CLEARS_SELECTION = {"data-clear-selection": "true"}
"""Marks the button that Escape presses."""
