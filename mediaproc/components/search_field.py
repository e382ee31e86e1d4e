"""Search field of the top bar."""

from __future__ import annotations

import reflex as rx


class SearchField(rx.Component):
    """Puts the search into the library's address. `here`: the page is the library, and follows what is typed."""

    library = rx.asset("search_field.jsx", shared=True).importable_path
    tag = "SearchField"

    here: rx.Var[bool]


search_field = SearchField.create
