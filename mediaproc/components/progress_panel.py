"""Progress panel of a video: its stages and figures, or why it failed and when it is retried."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.format import format_fps, format_percent, format_speed, format_time_left
from mediaproc.components.relative_time import relative_time
from mediaproc.components.widgets import icon, progress_bar
from mediaproc.state.details import STAGES
from mediaproc.state.video import VideoState

_video = VideoState.video
_progress = VideoState.progress


def progress_panel() -> rx.Component:
    """The panel and its notes: at most two of them at a time. What failed beside an output that stays is no alarm."""
    return rx.fragment(
        rx.cond((_video.status == "failed") & (_video.error != ""), _failure()),
        rx.cond(_video.failed_preset != "", _failed_beside()),
        rx.cond(_video.retry_at != "", _retrying()),
        rx.cond(_video.in_progress, _processing()),
    )


def _failure() -> rx.Component:
    return rx.el.div(
        icon("circle-alert", 18),
        rx.el.div(rx.el.b(_video.error), rx.el.p(_video.advice)),
        class_name="callout",
        role="alert",
    )


def _failed_beside() -> rx.Component:
    return rx.el.div(
        icon("circle-alert", 18),
        rx.el.div(
            rx.el.b("Reprocessing with “", _video.failed_preset, "” failed: ", _video.error),
            rx.el.p("The video and its files are unchanged. ", _video.advice),
        ),
        class_name="callout callout-calm",
        role="status",
    )


def _retrying() -> rx.Component:
    return rx.el.div(
        icon("history", 18),
        rx.el.div(rx.el.b(_video.error), rx.el.p("Next attempt ", relative_time(at=_video.retry_at), ".")),
        class_name="callout callout-calm",
        role="status",
    )


def _processing() -> rx.Component:
    return rx.el.section(
        rx.el.ol(*[_stage_step(index, name) for index, (_, name) in enumerate(STAGES)], class_name="stages"),
        progress_bar(_progress.percent, "Processing"),
        rx.cond(_progress.waiting, rx.el.p(_progress.label, " · starts when a worker is free", class_name="waits")),
        rx.el.dl(
            _gauge("Complete", rx.cond(_progress.started, format_percent(_progress.percent), "")),
            _gauge("Frame rate", format_fps(_progress.fps)),
            _gauge("Speed", format_speed(_progress.speed)),
            _gauge("Time left", format_time_left(_progress.eta_seconds)),
            class_name="gauges",
        ),
        class_name="panel processing",
        aria_label="Processing",
    )


def _stage_step(index: int, name: str) -> rx.Component:
    current = VideoState.stage_index
    state = rx.cond(current == index, "now", rx.cond(current > index, "done", "next"))
    return rx.el.li(
        name, custom_attrs={"data-state": state, "aria-current": rx.cond(current == index, "step", "false")}
    )


def _gauge(name: str, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(rx.cond(value != "", value, "–")), class_name="gauge")
