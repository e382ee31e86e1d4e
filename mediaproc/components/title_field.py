"""The title on a video's page."""

from __future__ import annotations

import reflex as rx
from reflex.event import passthrough_event_spec


class TitleField(rx.NoSSRComponent):
    """A field in place of a heading. What is typed there stays when somebody else gives the video another name."""

    library = rx.asset("title_field.jsx", shared=True).importable_path
    tag = "TitleField"

    title: rx.Var[str]
    on_rename: rx.EventHandler[passthrough_event_spec(str)]


title_field = TitleField.create
