"""The table of a video's renditions, with the uploaded file, each to download."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.widgets import NATIVE, icon
from mediaproc.state.details import RenditionRow
from mediaproc.state.video import VideoState

_video = VideoState.video

_ABOUT_VMAF = (
    "How close it looks to the original on a full screen, from 0 to 100. Measured on a few short samples, soon after "
    "the video is ready; from about 93 on hardly anybody sees a difference."
)


def renditions_panel() -> rx.Component:
    """A panel with the table."""
    return rx.el.section(
        rx.el.div(rx.el.h2("Renditions", class_name="mp-h2"), class_name="panel-head"),
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Size", scope="col"),
                    rx.el.th("Bitrate", scope="col", class_name="num"),
                    rx.el.th(rx.el.abbr("VMAF", title=_ABOUT_VMAF), scope="col", class_name="num"),
                    rx.el.th("File", scope="col", class_name="num"),
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
        rx.el.td(rx.el.b(row.label, class_name="strong"), title=row.picture),
        rx.el.td(row.bitrate, class_name="num"),
        rx.el.td(row.vmaf, class_name="num"),
        rx.el.td(row.size, class_name="num"),
        rx.el.td(rx.cond(row.download != "", _download(row.download, row.label))),
        key=row.name,
    )


def _original() -> rx.Component:
    return rx.el.tr(
        rx.el.td("Original"),
        rx.el.td("–", class_name="num"),
        rx.el.td("–", class_name="num"),
        rx.el.td(_video.size, class_name="num"),
        rx.el.td(
            rx.cond(_video.has_source, _download(f"/api/v1/videos/{_video.id}/download?rendition=source", "Original"))
        ),
    )


def _download(href: Any, name: Any) -> rx.Component:
    return rx.el.a(
        icon("download", 15),
        rx.el.span("Download ", name, class_name="hidden-visually"),
        href=href,
        title="Download",
        class_name="btn btn-bare btn-small btn-icon",
        custom_attrs={"download": "", **NATIVE},
    )
