"""Sign-in and registration pages, and the page that renews a session."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc import routes
from mediaproc.components.session_keeper import session_keeper
from mediaproc.components.widgets import button, icon, mark, post_form
from mediaproc.operations import passwords
from mediaproc.state.sign_in import SignInState


def sign_in() -> rx.Component:
    """Sign-in page, with a native form."""
    return _auth_page(
        "Sign in",
        "Video processing on your own server.",
        _form(
            routes.SIGN_IN_FORM,
            _field("Email", "email", type="email", auto_complete="username", default_value=SignInState.email),
            _field("Password", "password", type="password", auto_complete="current-password"),
            button("Sign in", kind="main", type="submit"),
        ),
        _foot("New here? ", "Create account", routes.REGISTER),
    )


def register() -> rx.Component:
    """Registration page."""
    return _auth_page(
        "Create account",
        "Enter an email address and a password.",
        _form(
            routes.REGISTER_FORM,
            _field("Email", "email", type="email", auto_complete="username", default_value=SignInState.email),
            _field(
                "Password",
                "password",
                hint=f"At least {passwords.SHORTEST} characters. Several words make a good password.",
                type="password",
                auto_complete="new-password",
                min_length=passwords.SHORTEST,
            ),
            button("Create account", kind="main", type="submit"),
        ),
        _foot("Already have an account? ", "Sign in", routes.SIGN_IN),
    )


def renew() -> rx.Component:
    """Shown briefly while an expired session is renewed; then the browser returns to the page that was requested."""
    return rx.el.main(
        rx.el.div(rx.el.p("Renewing your session…", role="status"), class_name="auth-card"),
        session_keeper(mode="renew"),
        class_name="auth",
    )


def _auth_page(title: str, subtitle: str, *content: Any) -> rx.Component:
    return rx.el.main(
        rx.el.div(
            rx.el.div(mark(), class_name="brand"),
            rx.el.h1(title, class_name="mp-h1"),
            rx.el.p(subtitle, class_name="quiet auth-sub"),
            *content,
            class_name="auth-card",
        ),
        session_keeper(mode="signed-out"),
        class_name="auth",
    )


def _form(action: str, *content: Any) -> rx.Component:
    return post_form(
        rx.cond(
            SignInState.error != "",
            rx.el.p(icon("circle-alert"), SignInState.error, class_name="form-error", role="alert"),
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
        rx.el.a(answer, href=href + SignInState.next_query, class_name="textlink"),
        class_name="auth-foot",
    )
