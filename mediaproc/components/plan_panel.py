"""Plan panel: the rungs, chunks and commands of a video, in a collapsed panel."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.widgets import code_block, folded_panel
from mediaproc.state.plan import PlanState, StepRow


def plan_panel() -> rx.Component:
    """The panel. It loads the plan when it is opened."""
    return folded_panel(
        "Processing plan",
        rx.cond(PlanState.missing != "", rx.el.p(PlanState.missing, class_name="quiet")),
        rx.cond(PlanState.chunks != "", _plan(), rx.fragment()),
        on_click=PlanState.load,
    )


def _plan() -> rx.Component:
    return rx.fragment(
        rx.el.p(PlanState.chunks),
        rx.el.table(
            rx.el.caption("Renditions", class_name="hidden-visually"),
            rx.el.tbody(rx.foreach(PlanState.rungs, _rung)),
            class_name="table",
        ),
        rx.foreach(PlanState.steps, _step),
    )


def _rung(cells: rx.vars.ArrayVar[list[str]]) -> rx.Component:
    return rx.el.tr(rx.foreach(cells, rx.el.td))


def _step(step: rx.vars.ObjectVar[StepRow]) -> rx.Component:
    return rx.el.section(
        rx.el.h3(step.name),
        rx.cond(step.note != "", rx.el.p(step.note, class_name="quiet small")),
        code_block(step.command, step.name),
        class_name="folded-part",
        key=step.name,
    )
