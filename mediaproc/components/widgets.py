"""Widgets that several pages use: buttons, icons, panels, forms."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class PostForm(BaseHTML):
    """A form that the browser submits natively: a Reflex form stays on the page and cannot receive HttpOnly cookies."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str] = rx.Var.create("post")


post_form = PostForm.create


def icon(name: str, size: int = 16, **props: Any) -> rx.Component:
    """A decorative icon, hidden from screen readers."""
    return rx.icon(name, size=size, aria_hidden="true", stroke_width=1.75, **props)


def mark() -> rx.Component:
    """The logo."""
    return rx.el.img(src="/favicon.svg", alt="", width="28", height="28")


def progress_bar(value: Any, label: Any, **props: Any) -> rx.Component:
    """A thin progress bar; `value` is 0 to 100."""
    return rx.el.progress(value=value, max=100, aria_label=label, class_name="bar", **props)


def button(*children: Any, kind: str = "", **props: Any) -> rx.Component:
    """A button. `kind` names styles of `mediaproc.css`, separated by spaces: main, bare, danger, small, icon."""
    names = " ".join(["btn", *(f"btn-{each}" for each in kind.split())])
    return rx.el.button(*children, class_name=names, **{"type": "button", **props})


def field(**props: Any) -> rx.Component:
    """A text field."""
    return rx.el.input(class_name="field", **props)


def visually_hidden(*children: Any, **props: Any) -> rx.Component:
    """Text for screen readers only."""
    return rx.el.span(*children, class_name="hidden-visually", **props)


def fold(summary: str, *children: Any) -> rx.Component:
    """Collapsed details."""
    return rx.el.details(rx.el.summary(summary), *children, class_name="fold")


def folded_panel(title: str, *content: Any, **on_summary: Any) -> rx.Component:
    """A collapsed panel, opened by its heading."""
    return rx.el.details(
        rx.el.summary(rx.el.h2(title, class_name="mp-h2"), class_name="panel-head", **on_summary),
        rx.el.div(*content, class_name="panel-body"),
        class_name="panel folded fold",
    )


def panel(title: Any, subtitle: Any, *content: Any) -> rx.Component:
    """A panel with a heading and a subtitle."""
    return rx.el.section(
        rx.el.div(
            rx.el.div(rx.el.h2(title, class_name="mp-h2"), rx.el.p(subtitle, class_name="quiet small hint")),
            class_name="panel-head",
        ),
        *content,
        class_name="panel",
    )


def code_block(text: Any, label: str) -> rx.Component:
    """Preformatted text with a button that copies it."""
    return rx.el.div(
        rx.el.pre(text, tab_index=0, aria_label=label, role="group"),
        button(
            icon("copy", 14),
            kind="bare small icon copy",
            title="Copy",
            aria_label=f"Copy {label}",
            on_click=rx.set_clipboard(text),
        ),
        class_name="code",
    )


NATIVE = {"reloadDocument": True}
"""Makes the browser follow a link itself; by default Reflex's router handles every link."""
