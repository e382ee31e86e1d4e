"""Activity panel: the attempts of a video, each with its FFmpeg command and the end of its log."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.relative_time import relative_time
from mediaproc.components.widgets import code_block, fold
from mediaproc.state.details import AttemptRow
from mediaproc.state.video import VideoState


def activity_panel() -> rx.Component:
    """The panel, the newest attempt first."""
    return rx.el.section(
        rx.el.div(rx.el.h2("Activity", class_name="mp-h2"), class_name="panel-head"),
        rx.cond(
            VideoState.attempts.length() > 0,
            rx.el.ol(rx.foreach(VideoState.attempts, _attempt), class_name="timeline"),
            rx.el.p("No attempts yet. Processing starts when a worker is free.", class_name="panel-body quiet"),
        ),
        class_name="panel activity",
    )


def _attempt(row: rx.vars.ObjectVar[AttemptRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(row.name),
            _outcome(row),
            rx.el.span(
                relative_time(at=row.started_at),
                rx.cond(row.duration != "", rx.fragment(" · took ", row.duration)),
                " · on ",
                row.worker,
                class_name="quiet small",
            ),
            class_name="attempt-head",
        ),
        rx.cond(row.error != "", rx.el.p(row.error)),
        rx.cond(row.command != "", fold("FFmpeg command", code_block(row.command, "FFmpeg command"))),
        rx.cond(row.log_tail != "", fold("End of the log", code_block(row.log_tail, "End of the log"))),
        class_name="attempt",
        custom_attrs={"data-outcome": row.outcome},
        key=row.key,
    )


def _outcome(row: rx.vars.ObjectVar[AttemptRow]) -> rx.Component:
    pill = rx.match(
        row.outcome,
        ("completed", "pill pill-soft-green"),
        ("running", "pill pill-soft-accent"),
        ("cancelled", "pill pill-soft"),
        "pill pill-soft-red",
    )
    return rx.el.span(row.outcome_label, class_name=pill)
