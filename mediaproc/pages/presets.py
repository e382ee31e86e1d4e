"""Presets: those that come with Mediaproc, a team's own, and the form for these."""

from __future__ import annotations

import reflex as rx

from mediaproc import routes
from mediaproc.components.confirm_dialog import confirm_dialog
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
            rx.link(icon("arrow-left"), "Settings", href=routes.SETTINGS, underline="none", class_name="btn btn-bare"),
            class_name="page-head",
        ),
        rx.cond(
            PresetsState.ready,
            rx.el.div(_own(), _form(), _built_in(), class_name="settings"),
            _skeleton(),
        ),
        _delete_question(),
        rx.el.div(PresetsState.spoken_presets, class_name="hidden-visually", aria_live="polite"),
    )


def _own() -> rx.Component:
    return panel(
        "Your team’s own",
        "Everybody in the team may choose them. Each change is a new version; videos say which one made them.",
        rx.cond(
            PresetsState.own.length() > 0,
            rx.el.ul(rx.foreach(PresetsState.own, _own_card), class_name="things", aria_label="Your team’s presets"),
            rx.el.p("There are none yet. The form below makes one.", class_name="panel-body quiet nothing-yet"),
        ),
    )


def _own_card(card: rx.vars.ObjectVar[PresetCard]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            *_words(card),
            rx.el.div(
                button(
                    "Change",
                    kind="small",
                    aria_label="Change " + card.title,
                    on_click=PresetsState.edit(card.name),
                ),
                button(
                    "Delete",
                    kind="small danger",
                    aria_label="Delete " + card.title,
                    on_click=PresetsState.ask_to_delete(card.name, card.title),
                ),
                class_name="thing-acts",
            ),
            class_name="grow",
        ),
        key=card.name,
    )


def _built_in() -> rx.Component:
    return panel(
        "With Mediaproc",
        "These are always there and stay as they are.",
        rx.el.ul(
            rx.foreach(
                PresetsState.built_in,
                lambda card: rx.el.li(rx.el.div(*_words(card), class_name="grow"), key=card.name),
            ),
            class_name="things",
            aria_label="Presets that come with Mediaproc",
        ),
    )


def _words(card: rx.vars.ObjectVar[PresetCard]) -> tuple[rx.Component, ...]:
    return (
        rx.el.div(rx.el.b(card.title, class_name="strong"), class_name="thing-name"),
        rx.cond(card.description != "", rx.el.p(card.description, class_name="thing-words")),
        rx.el.div(
            rx.el.span(card.makes),
            rx.cond(card.version != "", rx.el.span(card.version, class_name="sep")),
            rx.el.span("for programs: ", rx.el.code(card.name), class_name="sep"),
            class_name="facts",
        ),
    )


def _form() -> rx.Component:
    """Only the fields are made anew for another preset: the button keeps the focus of whoever pressed it."""
    changes = PresetsState.editing != ""
    return panel(
        rx.cond(changes, "Change the preset", "New preset"),
        rx.cond(changes, "Videos that it has made stay as they are.", "It is offered as soon as it is made."),
        rx.el.form(
            preset_fields(),
            rx.el.div(
                button(rx.cond(changes, "Save the changes", "Make the preset"), kind="main", type="submit"),
                rx.cond(changes, button("Leave it as it was", kind="bare", on_click=PresetsState.begin_anew)),
                class_name="form-acts",
            ),
            on_submit=PresetsState.save,
            class_name="panel-body form preset-form",
            aria_label="Preset",
            no_validate=True,
        ),
    )


def _delete_question() -> rx.Component:
    return confirm_dialog(
        "Delete this preset?",
        rx.el.b(PresetsState.deleting_title),
        " is offered no more. Videos that it has made stay, and what was uploaded for it is still made.",
        act="Delete it",
        on_act=PresetsState.delete,
        asked=PresetsState.deleting != "",
        on_asked=PresetsState.keep,
    )


def _skeleton() -> rx.Component:
    one = rx.el.div(class_name="skeleton panel", style={"height": "180px"})
    return rx.el.div(one, one, class_name="settings", aria_busy="true", aria_label="Loading")
