"""“For developers”: what a video's page does, as lines for a shell, a player or a page; folded away."""

from __future__ import annotations

import reflex as rx

from mediaproc import routes
from mediaproc.components.widgets import NATIVE, code_block, folded_panel
from mediaproc.state.snippets import Snippet, SnippetGroup
from mediaproc.state.video import VideoState


def snippets_panel() -> rx.Component:
    """A panel of lines, each with a button that copies it."""
    return folded_panel(
        "For developers",
        rx.el.p(
            "These lines do what this page does. They take your key from ",
            rx.el.code("MEDIAPROC_API_KEY"),
            "; make one under ",
            rx.link("Settings → API keys", href=routes.SETTINGS, class_name="inline-link"),
            ". What else there is stands in ",
            rx.el.a("the API’s own page", href="/api/docs", class_name="inline-link", custom_attrs={**NATIVE}),
            ".",
        ),
        rx.foreach(VideoState.chapters, _chapter),
    )


def _chapter(chapter: rx.vars.ObjectVar[SnippetGroup]) -> rx.Component:
    return rx.el.section(
        rx.el.h3(chapter.title),
        rx.foreach(chapter.lines, _line),
        class_name="folded-part",
        key=chapter.title,
    )


def _line(line: rx.vars.ObjectVar[Snippet]) -> rx.Component:
    return rx.el.div(
        rx.el.p(line.name, class_name="small"),
        rx.cond(line.note != "", rx.el.p(line.note, class_name="quiet small")),
        code_block(line.text, line.name),
        class_name="line-to-copy",
        key=line.name,
    )
