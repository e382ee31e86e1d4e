"""Checkbox that selects all rows of a list, or none."""

from __future__ import annotations

import reflex as rx


class SelectAll(rx.NoSSRComponent):
    """The checkbox with its label; half checked while only some of the `selectable` rows are `selected`."""

    library = rx.asset("select_all.jsx", shared=True).importable_path
    tag = "SelectAll"

    selected: rx.Var[int]
    selectable: rx.Var[int]
    on_toggle: rx.EventHandler[rx.event.no_args_event_spec]


select_all = SelectAll.create
