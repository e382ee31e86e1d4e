"""Jobs page: the team's jobs by state, as a live list."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.format import format_percent, format_progress
from mediaproc.components.hosts_panel import hosts_panel
from mediaproc.components.relative_time import relative_time
from mediaproc.components.select_all import select_all
from mediaproc.components.select_box import select_box
from mediaproc.components.shell import shell
from mediaproc.components.widgets import button, icon, progress_bar
from mediaproc.state import labels
from mediaproc.state.job_rows import JobRow
from mediaproc.state.jobs import JobsState

_FILTERS = (
    ("Active", "active"),
    ("Running", "running"),
    ("Waiting", "waiting"),
    ("Failed", "failed"),
    ("Cancelled", "cancelled"),
    ("Completed", "done"),
)


def jobs() -> rx.Component:
    """The page."""
    return shell(
        _head(),
        rx.el.div(
            rx.el.div(
                rx.cond(
                    JobsState.ready,
                    rx.cond(JobsState.rows.length() > 0, _list(), _empty()),
                    _skeletons(),
                )
            ),
            hosts_panel(),
            class_name="jobs-cols",
        ),
        rx.el.div(JobsState.announcement, class_name="hidden-visually", aria_live="polite"),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Jobs", class_name="mp-h1"), rx.el.div(class_name="push"), _filters(), class_name="page-head"
    )


def _filters() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.button(
                name,
                rx.cond(JobsState.counts.contains(key), rx.el.span(JobsState.counts[key], class_name="count")),
                type="button",
                class_name="filter",
                on_click=JobsState.choose(key),
                aria_pressed=rx.cond(JobsState.filter == key, "true", "false"),
            )
            for name, key in _FILTERS
        ),
        class_name="filters",
        role="group",
        aria_label="Filter",
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.cond(JobsState.selectable > 0, _selection()),
            rx.el.ul(rx.foreach(JobsState.rows, _row), class_name="jobs", aria_label="Jobs"),
            class_name="panel",
        ),
        rx.cond(
            JobsState.has_more,
            rx.el.div(button("Show more", on_click=JobsState.load_more), class_name="more"),
        ),
    )


def _selection() -> rx.Component:
    """Number of selected rows, and bulk actions. All rows of one filter allow the same actions."""
    some = JobsState.selected.length() > 0
    return rx.el.div(
        select_all(
            rx.cond(some, JobsState.selected.length().to_string() + " selected", "Select all"),
            selected=JobsState.selected.length(),
            selectable=JobsState.selectable,
            on_toggle=JobsState.select_all,
        ),
        rx.el.div(class_name="push"),
        rx.cond(
            some,
            rx.cond(
                (JobsState.filter == "failed") | (JobsState.filter == "cancelled"),
                _bulk_action("Retry", "rotate-cw", JobsState.retry_selected),
                rx.fragment(_bulk_priority(), _bulk_action("Cancel", "ban", JobsState.cancel_selected)),
            ),
        ),
        class_name="job-selection",
        role="group",
        aria_label="Selected jobs",
    )


def _bulk_action(name: str, icon_name: str, handler: Any) -> rx.Component:
    return button(icon(icon_name, 14), name, kind="small", on_click=handler, disabled=JobsState.busy)


def _bulk_priority() -> rx.Component:
    return rx.el.select(
        rx.el.option("Priority…", value="", disabled=True, hidden=True),
        *(rx.el.option(label, value=value) for value, label in labels.PRIORITIES.items()),
        value="",
        on_change=JobsState.prioritize_selected,
        disabled=JobsState.busy,
        aria_label="Priority of selected jobs",
        class_name="field job-priorities",
    )


def _row(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    return rx.el.li(
        rx.cond(row.selectable, select_box(JobsState, row, class_name="job-box")),
        rx.el.div(
            rx.el.a(row.title, href=row.href, class_name="job-title", title=row.title),
            _line(row),
            class_name="job-main",
        ),
        _state(row),
        rx.cond(row.can_cancel, _priority(row), rx.el.span(class_name="job-priority")),
        _action(row),
        class_name="job",
        custom_attrs={"data-state": row.state},
        key=row.id,
    )


def _line(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    """Progress while the job runs, else its detail, attempt and time."""
    text = rx.cond(row.running, format_progress(JobsState.progress[row.id]), row.detail)
    return rx.el.div(
        rx.cond(text != "", rx.el.span(text, class_name="detail", title=row.detail)),
        rx.cond(row.attempt != "", rx.el.span(row.attempt)),
        rx.cond(row.when_at != "", rx.el.span(row.when, relative_time(at=row.when_at))),
        class_name="job-line",
    )


def _state(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    progress = JobsState.progress[row.id]
    pill = rx.match(
        row.state, ("failed", "pill pill-soft-red"), ("completed", "pill pill-soft-green"), "pill pill-soft"
    )
    return rx.el.div(
        rx.cond(
            row.running,
            rx.fragment(
                progress_bar(progress.percent, "Progress of " + row.title),
                rx.el.span(format_percent(progress.percent), class_name="numbers"),
            ),
            rx.el.span(row.state_label, class_name=pill),
        ),
        class_name="job-state",
    )


def _priority(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    return rx.el.select(
        *(rx.el.option(label, value=value) for value, label in labels.PRIORITIES.items()),
        value=row.priority,
        on_change=JobsState.prioritize(row.id),
        aria_label="Priority of " + row.title,
        title="Priority",
        class_name="field job-priority",
    )


def _action(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    def action(name: str, icon_name: str, handler: Any) -> rx.Component:
        label = name + " " + row.title
        return button(icon(icon_name), kind="bare icon", title=name, aria_label=label, on_click=handler(row.id))

    return rx.cond(
        row.can_cancel,
        action("Cancel", "ban", JobsState.cancel),
        rx.cond(row.can_retry, action("Retry", "rotate-cw", JobsState.retry)),
    )


def _skeletons() -> rx.Component:
    one = rx.el.li(
        rx.el.div(
            rx.el.div(class_name="skeleton skeleton-line"),
            rx.el.div(class_name="skeleton skeleton-line short"),
            class_name="job-main",
        ),
        class_name="job",
    )
    return rx.el.ul(*[one] * 6, class_name="panel jobs", aria_label="Loading", aria_busy="true")


def _empty() -> rx.Component:
    return rx.el.div(
        rx.match(
            JobsState.filter,
            ("failed", _message("No failed jobs", "Jobs that fail appear here, with the reason.")),
            ("cancelled", _message("No cancelled jobs", "Jobs that are cancelled appear here. You can retry them.")),
            (
                "waiting",
                _message("No waiting jobs", "Jobs that wait for a worker appear here, the next one first."),
            ),
            ("running", _message("No running jobs", "Jobs appear here while a worker is at them.")),
            ("done", _message("No completed jobs", "Jobs appear here once their video is ready.")),
            _message("No active jobs", "Upload a video to start processing. Follow its progress here."),
        ),
        class_name="empty",
    )


def _message(title: str, text: str) -> rx.Component:
    return rx.fragment(rx.el.b(title), text)
