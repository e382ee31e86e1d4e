"""Presets page: the team's presets, the form that edits them, and the built-in presets."""

from __future__ import annotations

import reflex as rx

from mediaproc import routes
from mediaproc.components.confirm_dialog import confirm_dialog
from mediaproc.components.first_error import first_error
from mediaproc.components.preset_fields import preset_fields
from mediaproc.components.shell import shell
from mediaproc.components.widgets import button, icon, panel
from mediaproc.state.presets import PresetCard, PresetsState


def presets() -> rx.Component:
    """The page."""
    return shell(
        rx.el.div(
            rx.el.h1("Presets", class_name="mp-h1"),
            rx.el.div(class_name="push"),
            rx.el.a(icon("arrow-left"), "Settings", href=routes.SETTINGS, class_name="btn btn-bare"),
            class_name="page-head",
        ),
        rx.cond(
            PresetsState.ready,
            rx.el.div(_team_presets(), _form(), _built_in(), class_name="settings"),
            _skeleton(),
        ),
        _confirm_delete(),
        rx.el.div(PresetsState.preset_announcement, class_name="hidden-visually", aria_live="polite"),
    )


def _team_presets() -> rx.Component:
    return panel(
        "Team presets",
        "Available to everyone in your team. Each change creates a new version; videos show which version they use.",
        rx.cond(
            PresetsState.own.length() > 0,
            rx.el.ul(rx.foreach(PresetsState.own, _team_card), class_name="items", aria_label="Team presets"),
            rx.el.p("No presets yet. Create one below.", class_name="panel-body quiet empty-note"),
        ),
    )


def _team_card(card: rx.vars.ObjectVar[PresetCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            *_description(card),
            rx.el.div(
                button(
                    "Edit",
                    kind="small",
                    aria_label="Edit " + card.title,
                    on_click=PresetsState.edit(card.name),
                ),
                button(
                    "Delete",
                    kind="small danger",
                    aria_label="Delete " + card.title,
                    on_click=PresetsState.ask_to_delete(card.name, card.title),
                ),
                class_name="item-actions",
            ),
            class_name="grow",
        ),
        key=card.name,
    )


def _built_in() -> rx.Component:
    return panel(
        "Built-in presets",
        "Always available. They cannot be changed.",
        rx.el.ul(
            rx.foreach(PresetsState.built_in, _built_in_card),
            class_name="items",
            aria_label="Built-in presets",
        ),
    )


def _built_in_card(card: rx.vars.ObjectVar[PresetCard]) -> rx.Component:
    return rx.el.li(rx.el.div(*_description(card), class_name="grow"), key=card.name)


def _description(card: rx.vars.ObjectVar[PresetCard]) -> tuple[rx.Component, ...]:
    return (
        rx.el.div(rx.el.b(card.title, class_name="strong"), class_name="item-name"),
        rx.cond(card.description != "", rx.el.p(card.description, class_name="item-text")),
        rx.el.div(
            rx.el.span(card.summary),
            rx.cond(card.version != "", rx.el.span(card.version, class_name="sep")),
            rx.el.span("API name: ", rx.el.code(card.name), class_name="sep"),
            class_name="facts",
        ),
    )


def _form() -> rx.Component:
    """Only the fields are replaced when another preset is opened, so that the button keeps the focus."""
    editing = PresetsState.editing != ""
    return panel(
        rx.cond(editing, "Edit preset", "New preset"),
        rx.cond(editing, "Existing videos are not affected.", "Available as soon as it is created."),
        rx.el.form(
            preset_fields(),
            rx.el.div(
                button(rx.cond(editing, "Save changes", "Create preset"), kind="main", type="submit"),
                rx.cond(editing, button("Cancel", kind="bare", on_click=PresetsState.discard)),
                first_error(refusals=PresetsState.refusals),
                class_name="form-acts",
            ),
            on_submit=PresetsState.save,
            class_name="panel-body form preset-form",
            aria_label="Preset",
            no_validate=True,
        ),
    )


def _confirm_delete() -> rx.Component:
    return confirm_dialog(
        "Delete this preset?",
        rx.el.b(PresetsState.deleting_title),
        " will no longer be available. Existing and queued videos are not affected.",
        action="Delete preset",
        on_confirm=PresetsState.delete,
        open=PresetsState.deleting != "",
        on_open_change=PresetsState.close_dialog,
    )


def _skeleton() -> rx.Component:
    one = rx.el.div(class_name="skeleton panel", style={"height": "180px"})
    return rx.el.div(one, one, class_name="settings", aria_busy="true", aria_label="Loading")
