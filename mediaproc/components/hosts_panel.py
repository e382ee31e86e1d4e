"""Who works at what now: the hosts that do something for the team."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.widgets import icon
from mediaproc.state.host_rows import HostRow, TaskRow
from mediaproc.state.jobs import JobsState


def hosts_panel() -> rx.Component:
    """A panel beside the list."""
    return rx.el.aside(
        rx.el.div(rx.el.h2("At work now", class_name="mp-h2"), class_name="panel-head"),
        rx.cond(
            JobsState.hosts.length() > 0,
            rx.el.ul(rx.foreach(JobsState.hosts, _host), class_name="hosts"),
            rx.el.p("No worker is busy with your videos.", class_name="panel-body quiet nothing-yet"),
        ),
        class_name="panel",
        aria_label="At work now",
    )


def _host(row: rx.vars.ObjectVar[HostRow]) -> rx.Component:
    return rx.el.li(
        rx.el.h3(icon("server", 14), rx.el.span(row.host, title=row.host), class_name="host"),
        rx.el.ul(rx.foreach(row.tasks, _task), class_name="host-tasks"),
        key=row.host,
    )


def _task(row: rx.vars.ObjectVar[TaskRow]) -> rx.Component:
    return rx.el.li(
        rx.link(row.title, href=row.href, underline="none", class_name="job-title", title=row.title),
        rx.el.span(row.what, class_name="quiet small"),
        key=row.href,
    )
