"""What happens with a video now: what went wrong, when it is tried again, how far it is."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.relative_time import relative_time
from mediaproc.components.widgets import bar, icon
from mediaproc.state.details import STAGES
from mediaproc.state.video import VideoState

_video = VideoState.video
_live = VideoState.live


def progress_panel() -> rx.Component:
    """What is worth knowing now: at most two of these at a time."""
    return rx.fragment(
        rx.cond((_video.status == "failed") & (_video.trouble != ""), _trouble()),
        rx.cond(_video.retry_at != "", _retrying()),
        rx.cond(_video.moving, _processing()),
    )


def _trouble() -> rx.Component:
    return rx.el.div(
        icon("circle-alert", 18),
        rx.el.div(rx.el.b(_video.trouble), rx.el.p(_video.advice)),
        class_name="callout",
        role="alert",
    )


def _retrying() -> rx.Component:
    return rx.el.div(
        icon("history", 18),
        rx.el.div(rx.el.b(_video.trouble), rx.el.p("It is tried again ", relative_time(at=_video.retry_at), ".")),
        class_name="callout callout-calm",
        role="status",
    )


def _processing() -> rx.Component:
    return rx.el.section(
        rx.el.ol(*[_stage_step(index, name) for index, (_, name) in enumerate(STAGES)], class_name="stages"),
        bar(_live.progress, "Processing"),
        rx.el.dl(
            _gauge("Done", _live.percent),
            _gauge("Rate", _live.fps),
            _gauge("Speed", _live.speed),
            _gauge("Time", _live.left),
            class_name="gauges",
        ),
        class_name="panel processing",
        aria_label="Processing",
    )


def _stage_step(index: int, name: str) -> rx.Component:
    now = VideoState.stage_index
    state = rx.cond(now == index, "now", rx.cond(now > index, "done", "next"))
    return rx.el.li(name, custom_attrs={"data-state": state, "aria-current": rx.cond(now == index, "step", "false")})


def _gauge(name: str, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(rx.cond(value != "", value, "–")), class_name="gauge")
