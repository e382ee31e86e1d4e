"""What is selected in the library, and what can be done with all of it at once."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.confirm_dialog import confirm_dialog
from mediaproc.components.shortcuts import SELECTS_NONE
from mediaproc.components.widgets import button, icon
from mediaproc.state.library import LibraryState


class MultiDownload(rx.NoSSRComponent):
    """A button that downloads the files at these addresses."""

    library = rx.asset("multi_download.jsx", shared=True).importable_path
    tag = "MultiDownload"

    addresses: rx.Var[list[str]]


def bulk_actions() -> rx.Component:
    """As long as anything is selected: in the place of the page's head, on a phone above its bottom bar."""
    return rx.el.div(
        button(
            icon("x"),
            kind="bare icon",
            title="Select none (Esc)",
            aria_label="Select none",
            on_click=LibraryState.select_none,
            custom_attrs={**SELECTS_NONE},
        ),
        rx.el.div(_count().to_string() + " selected", class_name="mp-h1", aria_live="polite"),
        rx.cond(
            _count() < LibraryState.cards.length(),
            button("Select all", kind="bare small", on_click=LibraryState.select_all),
        ),
        rx.el.div(class_name="push"),
        rx.cond(
            LibraryState.failed_selected > 0,
            _act("Try again", "rotate-cw", LibraryState.failed_selected, on_click=LibraryState.retry_selected),
        ),
        rx.cond(
            LibraryState.downloads.length() > 0,
            MultiDownload.create(
                icon("download"),
                _words("Download", LibraryState.downloads.length()),
                addresses=LibraryState.downloads,
                class_name="btn",
                aria_label="Download",
            ),
        ),
        _act("Delete", "trash-2", _count(), kind="danger", on_click=LibraryState.ask_to_delete(True)),
        _question(),
        class_name="page-head selection",
        role="group",
        aria_label="Selected videos",
    )


def _count() -> Any:
    return LibraryState.selected.length()


def _act(name: str, picture: str, count: Any, **props: Any) -> rx.Component:
    """A button. It says of how many, where that is not all."""
    return button(icon(picture), _words(name, count), aria_label=name, disabled=LibraryState.busy, **props)


def _words(name: str, count: Any) -> rx.Component:
    return rx.el.span(rx.cond(count == _count(), name, name + " " + count.to_string()), class_name="wide")


def _question() -> rx.Component:
    one = _count() == 1
    return confirm_dialog(
        rx.cond(one, "Delete this video?", "Delete " + _count().to_string() + " videos?"),
        rx.cond(one, "It goes with its original", "They go with their originals"),
        rx.cond(one, " and everything made of it.", " and everything made of them."),
        " This can't be undone.",
        act=rx.cond(one, "Delete it", "Delete them"),
        on_act=LibraryState.delete_selected,
        asked=LibraryState.confirming,
        on_asked=LibraryState.ask_to_delete,
    )
