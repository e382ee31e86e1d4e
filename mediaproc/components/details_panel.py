"""Details panel: the properties of a video, and its priority while it is queued or processed."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.format import format_size
from mediaproc.components.relative_time import relative_time
from mediaproc.state import labels
from mediaproc.state.video import VideoState

_video = VideoState.video


def details_panel() -> rx.Component:
    """The panel."""
    return rx.el.section(
        rx.el.div(rx.el.h2("Details", class_name="mp-h2"), class_name="panel-head"),
        rx.el.dl(
            _property("File name", _video.filename),
            _property("File size", rx.cond(_video.size_bytes > 0, format_size(_video.size_bytes), "")),
            _property("Dimensions", _video.dimensions),
            _property("Frame rate", _video.frame_rate),
            _property("Duration", _video.duration),
            _property("Audio tracks", _video.audio_tracks),
            _property("Subtitles", _video.subtitles),
            _property("Preset", _video.preset),
            _time("Uploaded", _video.created_at),
            _time("Ready", _video.ready_at),
            rx.cond(_video.in_progress, _priority()),
            class_name="details panel-body",
        ),
        class_name="panel",
    )


def _priority() -> rx.Component:
    """A choice of the priority."""
    return rx.fragment(
        rx.el.dt("Priority"),
        rx.el.dd(
            rx.el.select(
                *(rx.el.option(label, value=value) for value, label in labels.PRIORITIES.items()),
                value=_video.priority,
                on_change=VideoState.prioritize,
                aria_label="Priority",
                class_name="field",
            )
        ),
    )


def _property(name: str, value: Any) -> rx.Component:
    return rx.cond(value != "", rx.fragment(rx.el.dt(name), rx.el.dd(value)))


def _time(name: str, at: Any) -> rx.Component:
    return rx.cond(at != "", rx.fragment(rx.el.dt(name), rx.el.dd(relative_time(at=at))))
