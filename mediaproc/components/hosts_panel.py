"""Workers panel: which host works on which of the team's videos."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.widgets import icon
from mediaproc.state.host_rows import HostRow, TaskRow
from mediaproc.state.jobs import JobsState


def hosts_panel() -> rx.Component:
    """The panel, beside the list of jobs."""
    return rx.el.aside(
        rx.el.div(rx.el.h2("Active workers", class_name="mp-h2"), class_name="panel-head"),
        rx.cond(
            JobsState.hosts.length() > 0,
            rx.el.ul(rx.foreach(JobsState.hosts, _host), class_name="hosts"),
            rx.cond(
                JobsState.ready,
                rx.el.p("No workers are processing your videos.", class_name="panel-body quiet empty-note"),
                rx.el.p(rx.el.span(class_name="skeleton skeleton-line"), class_name="panel-body", aria_busy="true"),
            ),
        ),
        class_name="panel",
        aria_label="Active workers",
    )


def _host(row: rx.vars.ObjectVar[HostRow]) -> rx.Component:
    return rx.el.li(
        rx.el.h3(icon("server", 14), rx.el.span(row.host, title=row.host), class_name="host"),
        rx.el.ul(rx.foreach(row.videos, _video), class_name="host-tasks"),
        key=row.host,
    )


def _video(row: rx.vars.ObjectVar[TaskRow]) -> rx.Component:
    return rx.el.li(
        rx.el.a(row.title, href=row.href, class_name="job-title", title=row.title),
        rx.el.span(row.tasks, class_name="quiet small"),
        key=row.href,
    )
