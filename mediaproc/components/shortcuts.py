"""Keys that work on every page; `?` lists them."""

from __future__ import annotations

import reflex as rx


class Shortcuts(rx.NoSSRComponent):
    """A dialog, shown by `?` or by any element with `data-show-keys`."""

    library = rx.asset("shortcuts.jsx", shared=True).importable_path
    tag = "Shortcuts"


shortcuts = Shortcuts.create

SHOWS_KEYS = {"data-show-keys": "true"}

SELECTS_NONE = {"data-select-none": "true"}
"""For the button that Escape presses."""
