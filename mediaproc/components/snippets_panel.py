"""For developers: the snippets of a video's page, in a collapsed panel."""

from __future__ import annotations

import reflex as rx

from mediaproc import routes
from mediaproc.components.widgets import NATIVE, code_block, folded_panel
from mediaproc.state.snippets import Snippet, SnippetGroup
from mediaproc.state.video import VideoState


def snippets_panel() -> rx.Component:
    """The panel. Each snippet has a button that copies it."""
    return folded_panel(
        "For developers",
        rx.el.p(
            "Do what this page does from a shell or a program. The commands read your API key from ",
            rx.el.code("MEDIAPROC_API_KEY"),
            "; create one in ",
            rx.el.a("Settings → API keys", href=routes.SETTINGS, class_name="inline-link"),
            ". For everything else, see the ",
            rx.el.a("API reference", href="/api/docs", class_name="inline-link", custom_attrs={**NATIVE}),
            ".",
        ),
        rx.foreach(VideoState.snippets, _group),
    )


def _group(group: rx.vars.ObjectVar[SnippetGroup]) -> rx.Component:
    return rx.el.section(
        rx.el.h3(group.title),
        rx.foreach(group.snippets, _snippet),
        class_name="folded-part",
        key=group.title,
    )


def _snippet(snippet: rx.vars.ObjectVar[Snippet]) -> rx.Component:
    return rx.el.div(
        rx.el.p(snippet.name, class_name="small"),
        rx.cond(snippet.note != "", rx.el.p(snippet.note, class_name="quiet small")),
        code_block(snippet.text, snippet.name),
        class_name="snippet",
        key=snippet.name,
    )
