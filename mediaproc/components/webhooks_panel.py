"""Webhooks panel of the settings page."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.confirm_dialog import confirm_dialog
from mediaproc.components.relative_time import relative_time
from mediaproc.components.webhook_form import webhook_form
from mediaproc.components.widgets import button, code_block, fold, icon, panel
from mediaproc.state.webhooks import EVENTS, DeliveryRow, WebhookRow, WebhooksState


def webhooks_panel() -> rx.Component:
    """The panel."""
    return panel(
        "Webhooks",
        "Notify your server when something happens to your videos.",
        rx.cond(
            WebhooksState.webhooks.length() > 0,
            rx.el.ul(rx.foreach(WebhooksState.webhooks, _webhook), class_name="items", aria_label="Webhooks"),
        ),
        _form(),
        _confirm_delete(),
        rx.el.div(WebhooksState.webhook_announcement, class_name="hidden-visually", aria_live="polite"),
    )


def _webhook(row: rx.vars.ObjectVar[WebhookRow]) -> rx.Component:
    opened = WebhooksState.opened == row.id
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.b(row.url, class_name="strong"),
                rx.cond(row.enabled, rx.fragment(), rx.el.span("Disabled", class_name="pill pill-soft-red")),
                class_name="item-name",
            ),
            rx.el.div(
                rx.el.span(row.events),
                rx.cond(row.description != "", rx.el.span(row.description, class_name="sep")),
                rx.cond(
                    row.failing_since != "",
                    rx.el.span("Failing since ", relative_time(at=row.failing_since), class_name="sep bad"),
                ),
                class_name="facts",
            ),
            rx.cond(row.enabled, rx.fragment(), _disabled(row)),
            _actions(row, opened),
            rx.cond(WebhooksState.changing == row.id, _events_form(row)),
            rx.cond(opened, _deliveries()),
            class_name="grow",
        ),
        key=row.id,
    )


def _disabled(row: rx.vars.ObjectVar[WebhookRow]) -> rx.Component:
    return rx.el.p(
        icon("circle-alert"),
        rx.el.span(row.off_reason, ". Events that occur while it is disabled are not sent later."),
        class_name="form-error",
    )


def _actions(row: rx.vars.ObjectVar[WebhookRow], opened: rx.Var[bool]) -> rx.Component:
    return rx.el.div(
        button(
            rx.cond(opened, "Hide deliveries", "Show deliveries"),
            kind="small",
            aria_expanded=rx.cond(opened, "true", "false"),
            aria_label=rx.cond(opened, "Hide deliveries to ", "Show deliveries to ") + row.url,
            on_click=WebhooksState.open(row.id),
        ),
        button(
            "Edit events",
            kind="small",
            aria_expanded=rx.cond(WebhooksState.changing == row.id, "true", "false"),
            aria_label="Edit events of " + row.url,
            on_click=WebhooksState.change(row.id),
        ),
        rx.cond(
            row.enabled,
            rx.fragment(
                button(
                    "Send test event",
                    kind="small",
                    aria_label="Send test event to " + row.url,
                    on_click=WebhooksState.send_test(row.id),
                ),
                button(
                    "Disable",
                    kind="small",
                    aria_label="Disable " + row.url,
                    on_click=WebhooksState.enable(row.id, False),
                ),
            ),
            button(
                "Enable",
                kind="small",
                aria_label="Enable " + row.url,
                on_click=WebhooksState.enable(row.id, True),
            ),
        ),
        button(
            "Delete",
            kind="small danger",
            aria_label="Delete " + row.url,
            on_click=WebhooksState.ask_to_delete(row.id, row.url),
        ),
        class_name="item-actions",
    )


def _events_form(row: rx.vars.ObjectVar[WebhookRow]) -> rx.Component:
    return rx.el.form(
        rx.el.fieldset(
            rx.el.legend("Events"),
            *[
                _event(label, meaning, name=event.value, default_checked=row.chosen.contains(event.value))
                for event, label, meaning, _ in EVENTS
            ],
        ),
        rx.cond(
            WebhooksState.change_error != "",
            rx.el.p(icon("circle-alert"), WebhooksState.change_error, class_name="form-error", role="alert"),
        ),
        button("Save events", kind="small main", type="submit"),
        on_submit=WebhooksState.save_events,
        class_name="form event-form",
        aria_label="Events of " + row.url,
    )


# Deliveries ----------------------------------------------------------------------------------------------------


def _deliveries() -> rx.Component:
    return rx.cond(
        WebhooksState.deliveries.length() > 0,
        rx.el.ul(rx.foreach(WebhooksState.deliveries, _delivery), class_name="deliveries", aria_label="Deliveries"),
        rx.el.p("No deliveries yet.", class_name="quiet small"),
    )


def _delivery(row: rx.vars.ObjectVar[DeliveryRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(row.event, class_name="strong"),
            rx.el.span(row.state, class_name=row.pill),
            rx.el.span(class_name="push"),
            button(
                "Resend",
                kind="small bare",
                aria_label="Resend " + row.event,
                on_click=WebhooksState.resend(row.id),
            ),
            class_name="delivery-head",
        ),
        rx.el.div(
            relative_time(at=row.created_at),
            rx.cond(row.result != "", rx.el.span(row.result, class_name="sep")),
            rx.cond(row.attempts != "", rx.el.span(row.attempts, class_name="sep")),
            rx.cond(row.retry_at != "", rx.el.span("Next attempt ", relative_time(at=row.retry_at), class_name="sep")),
            class_name="facts",
        ),
        fold(
            "Request and response",
            _labelled("Request", code_block(row.request, "Request body")),
            rx.cond(row.response != "", _labelled("Response", code_block(row.response, "Response body"))),
        ),
        key=row.id,
    )


def _labelled(label: str, block: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.p(label, class_name="quiet small"), block, class_name="labelled")


# Adding and deleting ----------------------------------------------------------------------------------------


def _form() -> rx.Component:
    return webhook_form(
        rx.el.div(
            rx.el.label("URL", html_for="webhook-url"),
            rx.el.input(
                id="webhook-url", name="url", type="url", class_name="field", required=True, max_length=2000,
                auto_complete="off", placeholder="https://example.com/hooks",
            ),
        ),
        rx.el.div(
            rx.el.label("Description (optional)", html_for="webhook-description"),
            rx.el.input(
                id="webhook-description", name="description", class_name="field", max_length=200, auto_complete="off",
                placeholder="Production site",
            ),
        ),
        rx.el.fieldset(
            rx.el.legend("Events"),
            *[
                _event(label, meaning, name="event", value=event.value, default_checked=selected)
                for event, label, meaning, selected in EVENTS
            ],
        ),
        on_create=WebhooksState.added,
    )  # fmt: skip


def _event(label: str, meaning: str, **props: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", **props),
        rx.el.span(rx.el.b(label, class_name="strong"), rx.el.span(" – " + meaning, class_name="quiet")),
        class_name="check",
    )


def _confirm_delete() -> rx.Component:
    return confirm_dialog(
        "Delete this webhook?",
        rx.el.b(WebhooksState.deleting_url),
        " will no longer receive events, and its deliveries will be deleted.",
        action="Delete webhook",
        on_confirm=WebhooksState.delete,
        open=WebhooksState.deleting != "",
        on_open_change=WebhooksState.close_dialog,
    )
