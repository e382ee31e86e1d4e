"""Settings: API keys, webhooks, where one is signed in, the password."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc import routes
from mediaproc.components.api_key_form import api_key_form
from mediaproc.components.confirm_dialog import confirm_dialog
from mediaproc.components.relative_time import relative_time
from mediaproc.components.shell import shell
from mediaproc.components.webhooks_panel import webhooks_panel
from mediaproc.components.widgets import button, icon, panel
from mediaproc.operations import passwords
from mediaproc.state.settings import LIVES, SCOPES, KeyRow, SessionRow, SettingsState


def settings() -> rx.Component:
    """The page."""
    return shell(
        rx.el.div(rx.el.h1("Settings", class_name="mp-h1"), class_name="page-head"),
        rx.cond(
            SettingsState.ready,
            rx.el.div(_keys(), webhooks_panel(), _presets(), _sign_ins(), _password(), class_name="settings"),
            _skeleton(),
        ),
        _revoke_question(),
        rx.el.div(SettingsState.spoken, class_name="hidden-visually", aria_live="polite"),
    )


# API keys ---------------------------------------------------------------------------------------------------


def _keys() -> rx.Component:
    return panel(
        "API keys",
        "Let a program in without your password.",
        rx.cond(
            SettingsState.keys.length() > 0,
            rx.el.ul(rx.foreach(SettingsState.keys, _key), class_name="things", aria_label="API keys"),
        ),
        _key_form(),
    )


def _key(row: rx.vars.ObjectVar[KeyRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.b(row.name, class_name="strong"),
                rx.cond(row.ended, rx.el.span("Expired", class_name="pill pill-soft-red")),
                class_name="thing-name",
            ),
            rx.el.div(
                rx.el.code(row.begins),
                rx.el.span(row.scopes, class_name="sep"),
                rx.el.span("Ends: ", row.ends, class_name="sep"),
                rx.cond(
                    row.used_at != "",
                    rx.el.span("Used ", relative_time(at=row.used_at), class_name="sep"),
                    rx.el.span("Never used", class_name="sep"),
                ),
                class_name="facts",
            ),
            class_name="grow",
        ),
        button(
            "Revoke",
            kind="small danger",
            aria_label="Revoke " + row.name,
            on_click=SettingsState.ask_to_revoke(row.id, row.name),
        ),
        key=row.id,
    )


def _key_form() -> rx.Component:
    return api_key_form(
        rx.el.div(
            rx.el.label("Name", html_for="key-name"),
            rx.el.input(
                id="key-name", name="name", class_name="field", required=True, max_length=100, auto_complete="off",
                placeholder="What it is for",
            ),
        ),
        rx.el.fieldset(
            rx.el.legend("It may"),
            *[_scope(scope.value, word, meaning, index < 2) for index, (scope, word, meaning) in enumerate(SCOPES)],
        ),
        rx.el.div(
            rx.el.label("Good for", html_for="key-life"),
            rx.el.select(
                *[rx.el.option(words, value=days) for days, words in LIVES],
                id="key-life", name="life", class_name="field", default_value="90",
            ),
        ),
        on_made=SettingsState.key_made,
    )  # fmt: skip


def _scope(value: str, word: str, meaning: str, checked: bool) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name="scope", value=value, default_checked=checked),
        rx.el.span(rx.el.b(word, class_name="strong"), rx.el.span(" – " + meaning, class_name="quiet")),
        class_name="check",
    )


def _revoke_question() -> rx.Component:
    return confirm_dialog(
        "Revoke this key?",
        "Programs that use ",
        rx.el.b(SettingsState.revoking_name),
        " are locked out at once, for good.",
        act="Revoke it",
        on_act=SettingsState.revoke,
        asked=SettingsState.revoking != "",
        on_asked=SettingsState.keep,
    )


def _presets() -> rx.Component:
    return panel(
        "Presets",
        "How videos are made: what comes with Mediaproc, and what your team adds.",
        rx.el.div(
            rx.link("See the presets", href=routes.PRESETS, underline="none", class_name="btn"), class_name="panel-body"
        ),
    )


# Sign-ins and the password ----------------------------------------------------------------------------------


def _sign_ins() -> rx.Component:
    return panel(
        "Where you are signed in",
        "Sign out what you don't use or don't know.",
        rx.el.ul(rx.foreach(SettingsState.sign_ins, _sign_in), class_name="things", aria_label="Sign-ins"),
        rx.cond(
            SettingsState.others > 0,
            rx.el.div(button("Sign out everywhere else", on_click=SettingsState.end_others), class_name="panel-body"),
        ),
    )


def _sign_in(row: rx.vars.ObjectVar[SessionRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.b(row.device, class_name="strong"),
                rx.cond(row.this, rx.el.span("This one", class_name="pill pill-soft-green")),
                class_name="thing-name",
            ),
            rx.el.div(rx.el.span("Used ", relative_time(at=row.used_at)), class_name="facts"),
            class_name="grow",
        ),
        rx.cond(
            row.this,
            rx.fragment(),
            button(
                "Sign out",
                kind="small",
                aria_label="Sign out: " + row.device,
                on_click=SettingsState.end_session(row.id),
            ),
        ),
        key=row.id,
    )


def _password() -> rx.Component:
    return panel(
        "Password",
        "Changing it signs out every other device. API keys stay good.",
        rx.el.form(
            _secret("Present password", "present", "current-password"),
            _secret(
                "New password", "new", "new-password", f"At least {passwords.SHORTEST} characters.",
                min_length=passwords.SHORTEST,
            ),
            _trouble(SettingsState.password_trouble),
            button("Change the password", type="submit"),
            on_submit=SettingsState.change_password,
            reset_on_submit=True,
            class_name="panel-body form",
            aria_label="Password",
        ),
    )  # fmt: skip


def _secret(label: str, name: str, complete: str, hint: str = "", **props: Any) -> rx.Component:
    described = {"aria_describedby": f"{name}-hint"} if hint else {}
    return rx.el.div(
        rx.el.label(label, html_for=name),
        rx.el.input(
            id=name, name=name, type="password", class_name="field", required=True, auto_complete=complete,
            **described, **props,
        ),
        rx.el.p(hint, id=f"{name}-hint", class_name="quiet small hint") if hint else rx.fragment(),
    )  # fmt: skip


def _trouble(text: Any) -> rx.Component:
    return rx.cond(text != "", rx.el.p(icon("circle-alert"), text, class_name="form-error", role="alert"))


def _skeleton() -> rx.Component:
    one = rx.el.div(class_name="skeleton panel", style={"height": "180px"})
    return rx.el.div(one, one, class_name="settings", aria_busy="true", aria_label="Loading")
