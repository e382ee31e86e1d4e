"""Bulk actions: the bar that replaces the library's header while videos are selected."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.shortcuts import CLEARS_SELECTION
from mediaproc.components.widgets import button, icon
from mediaproc.state.library import LibraryState


class MultiDownload(rx.NoSSRComponent):
    """Button that downloads several files."""

    library = rx.asset("multi_download.jsx", shared=True).importable_path
    tag = "MultiDownload"

    addresses: rx.Var[list[str]]


def bulk_actions() -> rx.Component:
    """The bar. On a phone it is above the navigation."""
    return rx.el.div(
        button(
            icon("x"),
            kind="bare icon",
            title="Clear selection (Esc)",
            aria_label="Clear selection",
            on_click=LibraryState.select_none,
            custom_attrs={**CLEARS_SELECTION},
        ),
        rx.el.div(_count().to_string() + " selected", class_name="mp-h1", aria_live="polite"),
        rx.cond(
            _count() < LibraryState.cards.length(),
            button("Select all", kind="bare small", on_click=LibraryState.select_all),
        ),
        rx.el.div(class_name="push"),
        rx.cond(
            LibraryState.failed_selected > 0,
            _action("Retry", "rotate-cw", LibraryState.failed_selected, on_click=LibraryState.retry_selected),
        ),
        rx.cond(
            LibraryState.downloads.length() > 0,
            MultiDownload.create(
                icon("download"),
                _label("Download", LibraryState.downloads.length()),
                addresses=LibraryState.downloads,
                class_name="btn",
                aria_label="Download",
            ),
        ),
        _action("Delete", "trash-2", _count(), kind="danger", on_click=LibraryState.delete_selected),
        class_name="page-head selection",
        role="group",
        aria_label="Selected videos",
    )


def _count() -> Any:
    return LibraryState.selected.length()


def _action(name: str, icon_name: str, count: Any, **props: Any) -> rx.Component:
    """A button, with the number of videos if it is not all that are selected."""
    return button(icon(icon_name), _label(name, count), aria_label=name, disabled=LibraryState.busy, **props)


def _label(name: str, count: Any) -> rx.Component:
    return rx.el.span(rx.cond(count == _count(), name, name + " " + count.to_string()), class_name="wide")
