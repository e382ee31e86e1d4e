"""Settings page: API keys, webhooks, presets, active sessions and the password."""

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
from mediaproc.state.settings import LIFETIMES, SCOPES, KeyRow, SessionRow, SettingsState


def settings() -> rx.Component:
    """The page."""
    return shell(
        rx.el.div(rx.el.h1("Settings", class_name="mp-h1"), class_name="page-head"),
        rx.cond(
            SettingsState.ready,
            rx.el.div(_keys(), webhooks_panel(), _presets(), _sessions(), _password(), class_name="settings"),
            _skeleton(),
        ),
        _confirm_revoke(),
        rx.el.div(SettingsState.announcement, class_name="hidden-visually", aria_live="polite"),
    )


# API keys ---------------------------------------------------------------------------------------------------


def _keys() -> rx.Component:
    return panel(
        "API keys",
        "Authenticate programs without your password.",
        rx.cond(
            SettingsState.keys.length() > 0,
            rx.el.ul(rx.foreach(SettingsState.keys, _key), class_name="items", aria_label="API keys"),
        ),
        _key_form(),
    )


def _key(row: rx.vars.ObjectVar[KeyRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.b(row.name, class_name="strong"),
                rx.cond(row.expired, rx.el.span("Expired", class_name="pill pill-soft-red")),
                class_name="item-name",
            ),
            rx.el.div(
                rx.el.code(row.prefix),
                rx.el.span(row.scopes, class_name="sep"),
                rx.el.span("Expires: ", row.expires, class_name="sep"),
                rx.cond(
                    row.used_at != "",
                    rx.el.span("Last used ", relative_time(at=row.used_at), class_name="sep"),
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
                placeholder="Nightly import",
            ),
        ),
        rx.el.fieldset(
            rx.el.legend("Permissions"),
            *[_scope(scope.value, label, meaning, index < 2) for index, (scope, label, meaning) in enumerate(SCOPES)],
        ),
        rx.el.div(
            rx.el.label("Expiration", html_for="key-lifetime"),
            rx.el.select(
                *[rx.el.option(label, value=days) for days, label in LIFETIMES],
                id="key-lifetime", name="lifetime", class_name="field", default_value="90",
            ),
        ),
        on_create=SettingsState.key_created,
    )  # fmt: skip


def _scope(value: str, label: str, meaning: str, checked: bool) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name="scope", value=value, default_checked=checked),
        rx.el.span(rx.el.b(label, class_name="strong"), rx.el.span(" – " + meaning, class_name="quiet")),
        class_name="check",
    )


def _confirm_revoke() -> rx.Component:
    return confirm_dialog(
        "Revoke this API key?",
        "Requests that use ",
        rx.el.b(SettingsState.revoking_name),
        " will be rejected immediately. This cannot be undone.",
        action="Revoke key",
        on_confirm=SettingsState.revoke,
        open=SettingsState.revoking != "",
        on_open_change=SettingsState.close_dialog,
    )


def _presets() -> rx.Component:
    return panel(
        "Presets",
        "Define how videos are encoded.",
        rx.el.div(rx.el.a("Manage presets", href=routes.PRESETS, class_name="btn"), class_name="panel-body"),
    )


# Sessions and the password ----------------------------------------------------------------------------------


def _sessions() -> rx.Component:
    return panel(
        "Active sessions",
        "Sign out sessions that you don’t recognize.",
        rx.el.ul(rx.foreach(SettingsState.sessions, _session), class_name="items", aria_label="Active sessions"),
        rx.cond(
            SettingsState.other_sessions > 0,
            rx.el.div(
                button("Sign out all other sessions", on_click=SettingsState.end_other_sessions),
                class_name="panel-body",
            ),
        ),
    )


def _session(row: rx.vars.ObjectVar[SessionRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.b(row.device, class_name="strong"),
                rx.cond(row.current, rx.el.span("This session", class_name="pill pill-soft-green")),
                class_name="item-name",
            ),
            rx.el.div(rx.el.span("Last used ", relative_time(at=row.used_at)), class_name="facts"),
            class_name="grow",
        ),
        rx.cond(
            row.current,
            rx.fragment(),
            button(
                "Sign out",
                kind="small",
                aria_label="Sign out " + row.device,
                on_click=SettingsState.end_session(row.id),
            ),
        ),
        key=row.id,
    )


def _password() -> rx.Component:
    return panel(
        "Password",
        "Changing it signs out all other sessions. API keys keep working.",
        rx.el.form(
            _password_field("Current password", "present", "current-password"),
            _password_field(
                "New password", "new", "new-password", f"At least {passwords.SHORTEST} characters.",
                min_length=passwords.SHORTEST,
            ),
            _error(SettingsState.password_error),
            button("Change password", type="submit"),
            on_submit=SettingsState.change_password,
            reset_on_submit=True,
            class_name="panel-body form",
            aria_label="Password",
        ),
    )  # fmt: skip


def _password_field(label: str, name: str, complete: str, hint: str = "", **props: Any) -> rx.Component:
    described = {"aria_describedby": f"{name}-hint"} if hint else {}
    return rx.el.div(
        rx.el.label(label, html_for=name),
        rx.el.input(
            id=name, name=name, type="password", class_name="field", required=True, auto_complete=complete,
            **described, **props,
        ),
        rx.el.p(hint, id=f"{name}-hint", class_name="quiet small hint") if hint else rx.fragment(),
    )  # fmt: skip


def _error(text: Any) -> rx.Component:
    return rx.cond(text != "", rx.el.p(icon("circle-alert"), text, class_name="form-error", role="alert"))


def _skeleton() -> rx.Component:
    one = rx.el.div(class_name="skeleton panel", style={"height": "180px"})
    return rx.el.div(one, one, class_name="settings", aria_busy="true", aria_label="Loading")
