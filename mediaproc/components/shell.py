"""Shell of every signed-in page: navigation, top bar, upload tray and notices."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from mediaproc import routes
from mediaproc.components.popover import popover
from mediaproc.components.preset_choice import preset_choice
from mediaproc.components.search_field import search_field
from mediaproc.components.session_keeper import session_keeper
from mediaproc.components.shortcuts import SHOWS_KEYS, shortcuts
from mediaproc.components.upload.uploader import OPENS_PICKER, uploader
from mediaproc.components.widgets import NATIVE, button, icon, mark, post_form, visually_hidden
from mediaproc.state.presets import PresetsState
from mediaproc.state.session import SessionState


def shell(*content: Any, searches_here: bool = False) -> rx.Component:
    """A signed-in page. `searches_here`: the page itself shows the results while the user types."""
    return rx.el.div(
        rx.el.a("Skip to content", href="#content", class_name="skip", custom_attrs={**NATIVE}),
        _rail(),
        _top_bar(searches_here),
        rx.el.main(*content, id="content", class_name="content", tab_index=-1),
        _connection_note(),
        _notice(),
        uploader(owner=SessionState.email),
        shortcuts(),
        session_keeper(mode="signed-in"),
        class_name="shell",
    )


def _rail() -> rx.Component:
    return rx.el.nav(
        rx.el.a(mark(), href=routes.LIBRARY, class_name="brand", aria_label="Mediaproc"),
        _rail_link("Library", "clapperboard", routes.LIBRARY, within=~(_under(routes.JOBS) | _under(routes.SETTINGS))),
        _rail_link("Jobs", "list-checks", routes.JOBS, within=_under(routes.JOBS)),
        _rail_link("Settings", "settings", routes.SETTINGS, within=_under(routes.SETTINGS)),
        class_name="rail",
        aria_label="Main",
    )


def _under(route: str) -> rx.Var[bool]:
    return rx.State.router.url.path.contains(route)


def _rail_link(name: str, icon_name: str, href: str, *, within: rx.Var[bool]) -> rx.Component:
    """`within`: true if the current page is this one or below it."""
    here = rx.cond(rx.State.router.url.path == href, "page", rx.cond(within, "true", "false"))
    return rx.el.a(
        icon(icon_name, 20),
        name,
        href=href,
        class_name="rail-link",
        custom_attrs={"aria-current": here},
    )


def _top_bar(searches_here: bool) -> rx.Component:
    return rx.el.header(
        rx.el.div(
            icon("search"),
            search_field(here=searches_here),
            rx.el.kbd("/", class_name="key", aria_hidden="true"),
            class_name="searchbox",
            role="search",
        ),
        rx.el.div(class_name="push"),
        preset_choice(owner=SessionState.email, changes=PresetsState.changes),
        button(
            icon("upload"),
            rx.el.span("Upload", class_name="wide"),
            kind="main",
            aria_label="Upload",
            custom_attrs={**OPENS_PICKER},
        ),
        _theme_toggle(),
        _account(),
        class_name="topbar",
    )


def _theme_toggle() -> rx.Component:
    return button(
        rx.color_mode_cond(icon("moon"), icon("sun")),
        kind="bare icon theme",
        aria_label=rx.color_mode_cond("Switch to dark theme", "Switch to light theme"),
        title=rx.color_mode_cond("Switch to dark theme", "Switch to light theme"),
        on_click=rx.toggle_color_mode,
    )


def _account() -> rx.Component:
    """Sign-out is a native form, since only a plain response can clear HttpOnly cookies."""
    return popover(
        icon("circle-user-round", 18),
        rx.el.p("Signed in as ", rx.el.b(SessionState.email), class_name="menu-head"),
        button(
            rx.color_mode_cond(icon("moon"), icon("sun")),
            rx.color_mode_cond("Dark theme", "Light theme"),
            kind="bare menu narrow",
            on_click=rx.toggle_color_mode,
        ),
        button(icon("keyboard"), "Keyboard shortcuts", kind="bare menu", custom_attrs={**SHOWS_KEYS}),
        post_form(
            button(icon("log-out"), "Sign out", kind="bare menu", type="submit"),
            action=routes.SIGN_OUT_FORM,
        ),
        label="Account",
        title="Account",
        kind="btn btn-bare btn-icon",
        panel_class="menu",
    )


def _connection_note() -> rx.Component:
    """Note that the connection is lost. Reflex reconnects by itself, and the note disappears."""
    return rx.cond(
        has_connection_errors,
        rx.el.div(
            rx.el.span(class_name="pulse"), "Connection lost. Reconnecting…", class_name="live-note", role="status"
        ),
    )


def _notice() -> rx.Component:
    return rx.el.div(
        rx.cond(
            SessionState.notice != "",
            rx.el.div(
                rx.el.span(SessionState.notice),
                rx.cond(SessionState.undo_action != "", button("Undo", kind="small bare", on_click=SessionState.undo)),
                button("Dismiss", kind="small bare", on_click=SessionState.dismiss_notice),
                class_name="notice",
            ),
            visually_hidden(),
        ),
        aria_live="polite",
    )
