"""What a video is, fact by fact, and when its turn comes."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.relative_time import relative_time
from mediaproc.state.details import PRIORITIES
from mediaproc.state.video import VideoState

_video = VideoState.video


def details_panel() -> rx.Component:
    """A panel with the list."""
    return rx.el.section(
        rx.el.div(rx.el.h2("Details", class_name="mp-h2"), class_name="panel-head"),
        rx.el.dl(
            _fact("File", _video.filename),
            _fact("Picture", _video.picture),
            _fact("Frame rate", _video.rate),
            _fact("Length", _video.duration),
            _fact("Sound", _video.sounds),
            _fact("Subtitles", _video.subtitles),
            _fact("Made with", _video.recipe),
            _time("Uploaded", _video.created_at),
            _time("Ready", _video.ready_at),
            rx.cond(_video.moving, _priority()),
            class_name="details panel-body",
        ),
        class_name="panel",
    )


def _priority() -> rx.Component:
    """When its turn comes, to be chosen for as long as there is work to do."""
    return rx.fragment(
        rx.el.dt("Its turn"),
        rx.el.dd(
            rx.el.select(
                *(rx.el.option(words, value=value) for value, words in PRIORITIES),
                value=_video.priority,
                on_change=VideoState.prioritize,
                aria_label="When this video is processed",
                class_name="field",
            )
        ),
    )


def _fact(name: str, value: Any) -> rx.Component:
    return rx.cond(value != "", rx.fragment(rx.el.dt(name), rx.el.dd(value)))


def _time(name: str, at: Any) -> rx.Component:
    return rx.cond(at != "", rx.fragment(rx.el.dt(name), rx.el.dd(relative_time(at=at))))
