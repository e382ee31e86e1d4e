"""The jobs: what waits, runs, failed or is done, as a list that moves by itself."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.hosts_panel import hosts_panel
from mediaproc.components.relative_time import relative_time
from mediaproc.components.select_box import select_box
from mediaproc.components.shell import shell
from mediaproc.components.widgets import bar, button, icon
from mediaproc.state.job_rows import PRIORITIES, JobRow
from mediaproc.state.jobs import JobsState

_FILTERS = (
    ("Active", "active"),
    ("Running", "running"),
    ("Waiting", "waiting"),
    ("Failed", "failed"),
    ("Done", "done"),
)


def jobs() -> rx.Component:
    """The page."""
    return shell(
        _head(),
        rx.el.div(
            rx.el.div(
                rx.cond(
                    JobsState.ready,
                    rx.cond(JobsState.rows.length() > 0, _list(), _nothing()),
                    _skeletons(),
                )
            ),
            hosts_panel(),
            class_name="jobs-cols",
        ),
        rx.el.div(JobsState.spoken, class_name="hidden-visually", aria_live="polite"),
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
        aria_label="Show",
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.cond(JobsState.filter == "done", rx.fragment(), _selection()),
            rx.el.ul(rx.foreach(JobsState.rows, _row), class_name="jobs", aria_label="Jobs"),
            class_name="panel",
        ),
        rx.cond(
            JobsState.has_more,
            rx.el.div(button("Show more", on_click=JobsState.load_more), class_name="more"),
        ),
    )


def _selection() -> rx.Component:
    """How many rows are selected, and what can be done to them at once: all rows of a filter can do the same."""
    some = JobsState.selected.length() > 0
    return rx.el.div(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=JobsState.selected.length() == JobsState.rows.length(),
                on_change=lambda _: JobsState.select_all(),
            ),
            rx.cond(some, JobsState.selected.length().to_string() + " selected", "Select all"),
            class_name="job-all",
        ),
        rx.el.div(class_name="push"),
        rx.cond(
            some,
            rx.cond(
                JobsState.filter == "failed",
                _act_on_all("Try again", "rotate-cw", JobsState.retry_selected),
                rx.fragment(_turn_of_all(), _act_on_all("Cancel", "ban", JobsState.cancel_selected)),
            ),
        ),
        class_name="job-selection",
        role="group",
        aria_label="Selected jobs",
    )


def _act_on_all(name: str, picture: str, handler: Any) -> rx.Component:
    return button(icon(picture, 14), name, kind="small", on_click=handler, disabled=JobsState.busy)


def _turn_of_all() -> rx.Component:
    return rx.el.select(
        rx.el.option("Turn…", value="", disabled=True, hidden=True),
        *(rx.el.option(words, value=value) for value, words in PRIORITIES),
        value="",
        on_change=JobsState.prioritize_selected,
        disabled=JobsState.busy,
        aria_label="When the selected videos are processed",
        class_name="field job-turns",
    )


def _row(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    return rx.el.li(
        rx.cond(row.can_cancel | row.can_retry, select_box(JobsState, row, class_name="job-box")),
        rx.el.div(
            rx.link(row.title, href=row.href, underline="none", class_name="job-title", title=row.title),
            _line(row),
            class_name="job-main",
        ),
        _state(row),
        rx.cond(row.can_cancel, _turn(row), rx.el.span(class_name="job-turn")),
        _act(row),
        class_name="job",
        custom_attrs={"data-state": row.state},
        key=row.id,
    )


def _line(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    """While it runs what happens, else what is to be said of it and when that was."""
    said = rx.cond(row.running, JobsState.live[row.id].line, row.line)
    return rx.el.div(
        rx.cond(said != "", rx.el.span(said, class_name="said", title=row.line)),
        rx.cond(row.tries != "", rx.el.span(row.tries)),
        rx.cond(row.when_at != "", rx.el.span(row.when, relative_time(at=row.when_at))),
        class_name="job-line",
    )


def _state(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    live = JobsState.live[row.id]
    colour = rx.match(
        row.state, ("failed", "pill pill-soft-red"), ("completed", "pill pill-soft-green"), "pill pill-soft"
    )
    return rx.el.div(
        rx.cond(
            row.running,
            rx.fragment(bar(live.progress, row.title + ": progress"), rx.el.span(live.percent, class_name="numbers")),
            rx.el.span(row.state_name, class_name=colour),
        ),
        class_name="job-state",
    )


def _turn(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    return rx.el.select(
        *(rx.el.option(words, value=value) for value, words in PRIORITIES),
        value=row.priority,
        on_change=JobsState.prioritize(row.id),
        aria_label="When “" + row.title + "” is processed",
        title="Its turn",
        class_name="field job-turn",
    )


def _act(row: rx.vars.ObjectVar[JobRow]) -> rx.Component:
    def act(name: str, picture: str, handler: Any) -> rx.Component:
        label = name + " “" + row.title + "”"
        return button(icon(picture), kind="bare icon", title=name, aria_label=label, on_click=handler(row.id))

    return rx.cond(
        row.can_cancel,
        act("Cancel", "ban", JobsState.cancel),
        rx.cond(row.can_retry, act("Try again", "rotate-cw", JobsState.retry)),
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


def _nothing() -> rx.Component:
    return rx.el.div(
        rx.match(
            JobsState.filter,
            ("failed", _words("Nothing failed", "What fails or is cancelled can be tried again here.")),
            ("done", _words("Nothing is done yet", "Every video that was made is listed here.")),
            _words("Nothing to do", "What you upload is processed at once, and can be followed here."),
        ),
        class_name="nothing",
    )


def _words(title: str, text: str) -> rx.Component:
    return rx.fragment(rx.el.b(title), text)
