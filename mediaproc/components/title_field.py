"""Title field of a video's page."""

from __future__ import annotations

import reflex as rx
from reflex.event import passthrough_event_spec


class TitleField(rx.Component):
    """A text field in place of a heading. What is being typed stays when another user renames the video."""

    library = rx.asset("title_field.jsx", shared=True).importable_path
    tag = "TitleField"

    title: rx.Var[str]
    on_rename: rx.EventHandler[passthrough_event_spec(str)]


title_field = TitleField.create
