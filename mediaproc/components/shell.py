"""Shell of every signed-in page: navigation, top bar, upload tray and notices."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from mediaproc import routes
from mediaproc.components.preset_choice import preset_choice
from mediaproc.components.session_keeper import session_keeper
from mediaproc.components.shortcuts import SHOWS_KEYS, shortcuts
from mediaproc.components.upload.uploader import OPENS_PICKER, uploader
from mediaproc.components.widgets import NATIVE, button, icon, mark, post_form, visually_hidden
from mediaproc.state.library import LibraryState
from mediaproc.state.presets import PresetsState
from mediaproc.state.session import SessionState


def shell(*content: Any, searches_here: bool = False) -> rx.Component:
    """A signed-in page. `searches_here`: the page itself shows the results while the user types."""
    return rx.el.div(
        rx.el.a("Skip to content", href="#content", class_name="skip", custom_attrs={**NATIVE}),
        _rail(),
        _top_bar(_search_here() if searches_here else _search_elsewhere()),
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
        rx.link(mark(), href=routes.LIBRARY, class_name="brand", aria_label="Mediaproc", underline="none"),
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
    return rx.link(
        icon(icon_name, 20),
        name,
        href=href,
        class_name="rail-link",
        underline="none",
        custom_attrs={"aria-current": here},
    )


def _top_bar(search: rx.Component) -> rx.Component:
    return rx.el.header(
        search,
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


def _search_here() -> rx.Component:
    box = _search_box(default_value=LibraryState.query, on_change=LibraryState.search.debounce(200))
    return rx.el.div(*box, class_name="searchbox", role="search")


def _search_elsewhere() -> rx.Component:
    return rx.el.form(
        *_search_box(name="query"), class_name="searchbox", role="search", on_submit=LibraryState.search_from_elsewhere
    )


def _search_box(**props: Any) -> tuple[rx.Component, ...]:
    return (
        icon("search"),
        rx.el.input(
            type="search",
            id="search",
            class_name="field",
            placeholder="Search videos",
            aria_label="Search videos",
            auto_complete="off",
            **props,
        ),
        rx.el.kbd("/", class_name="key", aria_hidden="true"),
    )


def _theme_toggle() -> rx.Component:
    return button(
        rx.color_mode_cond(icon("moon"), icon("sun")),
        kind="bare icon",
        aria_label=rx.color_mode_cond("Switch to dark theme", "Switch to light theme"),
        title=rx.color_mode_cond("Switch to dark theme", "Switch to light theme"),
        on_click=rx.toggle_color_mode,
    )


def _account() -> rx.Component:
    """Sign-out is a native form, since only a plain response can clear HttpOnly cookies."""
    return rx.popover.root(
        rx.popover.trigger(
            button(icon("circle-user-round", 18), kind="bare icon", aria_label="Account", title="Account")
        ),
        rx.popover.content(
            rx.el.p("Signed in as ", rx.el.b(SessionState.email), class_name="menu-head"),
            rx.popover.close(
                button(icon("keyboard"), "Keyboard shortcuts", kind="bare menu", custom_attrs={**SHOWS_KEYS})
            ),
            post_form(
                button(icon("log-out"), "Sign out", kind="bare menu", type="submit"),
                action=routes.SIGN_OUT_FORM,
            ),
            align="end",
            class_name="menu",
            aria_label="Account",
        ),
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
