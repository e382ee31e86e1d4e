"""The choice of the preset that new uploads are made with; the uploader reads it."""

from __future__ import annotations

import reflex as rx

rx.asset("preset_choice.js", shared=True)


class PresetChoice(rx.NoSSRComponent):
    """Remembered in the browser. `owner` is the email of who is signed in."""

    library = rx.asset("preset_choice.jsx", shared=True).importable_path
    tag = "PresetChoice"

    owner: rx.Var[str]
    changes: rx.Var[int]
    """Grows with each change of the team's presets in this tab: then they are asked for again."""


preset_choice = PresetChoice.create
