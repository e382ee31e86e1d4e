"""Popover: a button that opens a panel, on the browser's own popover."""

from __future__ import annotations

import reflex as rx
from reflex.event import passthrough_event_spec


class Popover(rx.Component):
    """The first child is what the button shows, the others are the panel. `label` names both."""

    library = rx.asset("popover.jsx", shared=True).importable_path
    tag = "Popover"

    label: rx.Var[str]
    title: rx.Var[str]
    kind: rx.Var[str]
    """Class names of the button."""
    panel_class: rx.Var[str]
    on_open_change: rx.EventHandler[passthrough_event_spec(bool)]


popover = Popover.create
