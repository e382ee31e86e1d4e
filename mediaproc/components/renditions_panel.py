"""Renditions panel: a table of the renditions and the original, with downloads."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.format import format_size
from mediaproc.components.widgets import NATIVE, icon
from mediaproc.state.details import RenditionRow
from mediaproc.state.video import VideoState

_video = VideoState.video

_ABOUT_VMAF = (
    "Visual similarity to the original, from 0 to 100, measured on a few short samples after processing. "
    "From about 93, differences are hardly visible."
)


def renditions_panel() -> rx.Component:
    """The panel."""
    return rx.el.section(
        rx.el.div(rx.el.h2("Renditions", class_name="mp-h2"), class_name="panel-head"),
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Rendition", scope="col"),
                    rx.el.th("Bitrate", scope="col", class_name="num"),
                    rx.el.th(rx.el.abbr("VMAF", title=_ABOUT_VMAF), scope="col", class_name="num"),
                    rx.el.th("Size", scope="col", class_name="num"),
                    rx.el.th(rx.el.span("Download", class_name="hidden-visually"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(VideoState.renditions, _rendition), _original()),
            class_name="table",
        ),
        class_name="panel",
    )


def _rendition(row: rx.vars.ObjectVar[RenditionRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(rx.el.b(row.label, class_name="strong"), title=row.dimensions),
        rx.el.td(row.bitrate, class_name="num"),
        rx.el.td(row.vmaf, class_name="num"),
        rx.el.td(_size(row.size_bytes), class_name="num"),
        rx.el.td(rx.cond(row.download != "", _download(row.download, row.label))),
        key=row.name,
    )


def _original() -> rx.Component:
    return rx.el.tr(
        rx.el.td("Original"),
        rx.el.td("–", class_name="num"),
        rx.el.td("–", class_name="num"),
        rx.el.td(_size(_video.size_bytes), class_name="num"),
        rx.el.td(rx.cond(_video.source_download != "", _download(_video.source_download, "original"))),
    )


def _size(size_bytes: Any) -> Any:
    return rx.cond(size_bytes > 0, format_size(size_bytes), "–")


def _download(href: Any, name: Any) -> rx.Component:
    return rx.el.a(
        icon("download", 15),
        rx.el.span("Download ", name, class_name="hidden-visually"),
        href=href,
        title="Download",
        class_name="btn btn-bare btn-small btn-icon",
        custom_attrs={"download": "", **NATIVE},
    )
