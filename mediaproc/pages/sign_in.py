"""Sign in, register, and the moment in which a sign-in is renewed."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc import routes
from mediaproc.components.session_keeper import session_keeper
from mediaproc.components.widgets import button, icon, mark, post_form
from mediaproc.operations import passwords
from mediaproc.state.sign_in import SignInState


def sign_in() -> rx.Component:
    """Email and password, posted as a plain form."""
    return _door(
        "Sign in",
        "Your videos, encoded and ready to play.",
        _form(
            routes.SIGN_IN_FORM,
            _field("Email", "email", type="email", auto_complete="username", default_value=SignInState.email),
            _field("Password", "password", type="password", auto_complete="current-password"),
            button("Sign in", kind="main", type="submit"),
        ),
        _foot("New here? ", "Make an account", routes.REGISTER),
    )


def register() -> rx.Component:
    """The same with a new account."""
    return _door(
        "Make an account",
        "It takes an email and a password.",
        _form(
            routes.REGISTER_FORM,
            _field("Email", "email", type="email", auto_complete="username", default_value=SignInState.email),
            _field(
                "Password",
                "password",
                hint=f"At least {passwords.SHORTEST} characters. A few words in a row are good.",
                type="password",
                auto_complete="new-password",
                min_length=passwords.SHORTEST,
            ),
            button("Make the account", kind="main", type="submit"),
        ),
        _foot("Have an account? ", "Sign in", routes.SIGN_IN),
    )


def renew() -> rx.Component:
    """Seen for a moment after the computer slept; the script goes on to where one was."""
    return rx.el.main(
        rx.el.div(rx.el.p("One moment, your sign-in is being renewed…", role="status"), class_name="door-card"),
        session_keeper(mode="renew"),
        class_name="door",
    )


def _door(title: str, subtitle: str, *content: Any) -> rx.Component:
    return rx.el.main(
        rx.el.div(
            rx.el.div(mark(), class_name="brand"),
            rx.el.h1(title, class_name="mp-h1"),
            rx.el.p(subtitle, class_name="quiet door-sub"),
            *content,
            class_name="door-card",
        ),
        session_keeper(mode="door"),
        class_name="door",
    )


def _form(action: str, *content: Any) -> rx.Component:
    return post_form(
        rx.cond(
            SignInState.sentence != "",
            rx.el.p(icon("circle-alert"), SignInState.sentence, class_name="form-error", role="alert"),
        ),
        rx.el.input(type="hidden", name="next", value=SignInState.next, read_only=True),
        *content,
        action=action,
    )


def _field(label: str, name: str, *, hint: str = "", **props: Any) -> rx.Component:
    described = {"aria_describedby": f"{name}-hint"} if hint else {}
    return rx.el.div(
        rx.el.label(label, html_for=name),
        rx.el.input(id=name, name=name, class_name="field", required=True, **described, **props),
        rx.el.p(hint, id=f"{name}-hint", class_name="hint") if hint else rx.fragment(),
    )


def _foot(question: str, answer: str, href: str) -> rx.Component:
    return rx.el.p(
        question,
        rx.link(answer, href=href + SignInState.onward, underline="none", class_name="textlink"),
        class_name="door-foot",
    )
