"""The section of the settings about webhooks."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.confirm_dialog import confirm_dialog
from mediaproc.components.relative_time import relative_time
from mediaproc.components.webhook_form import webhook_form
from mediaproc.components.widgets import button, code_block, fold, icon, panel
from mediaproc.state.webhooks import EVENTS, DeliveryRow, HookRow, WebhooksState


def webhooks_panel() -> rx.Component:
    """Its panel."""
    return panel(
        "Webhooks",
        "Let a server of yours be told what happens to your videos.",
        rx.cond(
            WebhooksState.hooks.length() > 0,
            rx.el.ul(rx.foreach(WebhooksState.hooks, _hook), class_name="things", aria_label="Webhooks"),
        ),
        _form(),
        _delete_question(),
        rx.el.div(WebhooksState.spoken_hooks, class_name="hidden-visually", aria_live="polite"),
    )


def _hook(row: rx.vars.ObjectVar[HookRow]) -> rx.Component:
    opened = WebhooksState.opened == row.id
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.b(row.url, class_name="strong"),
                rx.cond(row.enabled, rx.fragment(), rx.el.span("Off", class_name="pill pill-soft-red")),
                class_name="thing-name",
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
            rx.cond(row.enabled, rx.fragment(), _off(row)),
            _acts(row, opened),
            rx.cond(opened, _log()),
            class_name="grow",
        ),
        key=row.id,
    )


def _off(row: rx.vars.ObjectVar[HookRow]) -> rx.Component:
    return rx.el.p(
        icon("circle-alert"),
        rx.el.span("Nothing is sent: ", row.off_reason, ". What happens meanwhile is not told later."),
        class_name="form-error",
    )


def _acts(row: rx.vars.ObjectVar[HookRow], opened: rx.Var[bool]) -> rx.Component:
    return rx.el.div(
        button(
            rx.cond(opened, "Hide the log", "Show the log"),
            kind="small",
            aria_expanded=rx.cond(opened, "true", "false"),
            aria_label=rx.cond(opened, "Hide the log of ", "Show the log of ") + row.url,
            on_click=WebhooksState.open(row.id),
        ),
        rx.cond(
            row.enabled,
            rx.fragment(
                button(
                    "Send a test",
                    kind="small",
                    aria_label="Send a test to " + row.url,
                    on_click=WebhooksState.try_out(row.id),
                ),
                button(
                    "Switch off",
                    kind="small",
                    aria_label="Switch off " + row.url,
                    on_click=WebhooksState.switch(row.id, False),
                ),
            ),
            button(
                "Switch on",
                kind="small",
                aria_label="Switch on " + row.url,
                on_click=WebhooksState.switch(row.id, True),
            ),
        ),
        button(
            "Delete",
            kind="small danger",
            aria_label="Delete " + row.url,
            on_click=WebhooksState.ask_to_delete(row.id, row.url),
        ),
        class_name="thing-acts",
    )


# The log ----------------------------------------------------------------------------------------------------


def _log() -> rx.Component:
    return rx.cond(
        WebhooksState.log.length() > 0,
        rx.el.ul(rx.foreach(WebhooksState.log, _delivery), class_name="deliveries", aria_label="Deliveries"),
        rx.el.p("Nothing was told yet.", class_name="quiet small"),
    )


def _delivery(row: rx.vars.ObjectVar[DeliveryRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(row.event, class_name="strong"),
            rx.el.span(row.state, class_name=row.look),
            rx.el.span(class_name="push"),
            button(
                "Send again",
                kind="small bare",
                aria_label="Send again: " + row.event,
                on_click=WebhooksState.send_again(row.id),
            ),
            class_name="delivery-head",
        ),
        rx.el.div(
            relative_time(at=row.told_at),
            rx.cond(row.answer != "", rx.el.span(row.answer, class_name="sep")),
            rx.cond(row.tries != "", rx.el.span(row.tries, class_name="sep")),
            rx.cond(row.again_at != "", rx.el.span("Next try ", relative_time(at=row.again_at), class_name="sep")),
            class_name="facts",
        ),
        fold(
            "Request and answer",
            _labelled("Request", code_block(row.request, "The request")),
            rx.cond(row.response != "", _labelled("Answer", code_block(row.response, "The answer"))),
        ),
        key=row.id,
    )


def _labelled(word: str, block: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.p(word, class_name="quiet small"), block, class_name="labelled")


# Adding and deleting ----------------------------------------------------------------------------------------


def _form() -> rx.Component:
    return webhook_form(
        rx.el.div(
            rx.el.label("Address", html_for="webhook-url"),
            rx.el.input(
                id="webhook-url", name="url", type="url", class_name="field", required=True, max_length=2000,
                auto_complete="off", placeholder="https://example.com/hooks",
            ),
        ),
        rx.el.div(
            rx.el.label("Description (if you like)", html_for="webhook-description"),
            rx.el.input(
                id="webhook-description", name="description", class_name="field", max_length=200, auto_complete="off",
                placeholder="What it is for",
            ),
        ),
        rx.el.fieldset(
            rx.el.legend("Tell it when a video is"),
            *[_choice(event.value, word, meaning, chosen) for event, word, meaning, chosen in EVENTS],
        ),
        on_made=WebhooksState.added,
    )  # fmt: skip


def _choice(value: str, word: str, meaning: str, chosen: bool) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name="event", value=value, default_checked=chosen),
        rx.el.span(rx.el.b(word, class_name="strong"), rx.el.span(" – " + meaning, class_name="quiet")),
        class_name="check",
    )


def _delete_question() -> rx.Component:
    return confirm_dialog(
        "Delete this webhook?",
        rx.el.b(WebhooksState.deleting_url),
        " is told nothing any more, and its log is gone.",
        act="Delete it",
        on_act=WebhooksState.delete,
        asked=WebhooksState.deleting != "",
        on_asked=WebhooksState.keep,
    )
