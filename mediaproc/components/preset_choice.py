"""Choice of the preset for new uploads; the uploader reads it."""

from __future__ import annotations

import reflex as rx

rx.asset("preset_choice.js", shared=True)


class PresetChoice(rx.NoSSRComponent):
    """Remembered in the browser, for the user whose email is `owner`."""

    library = rx.asset("preset_choice.jsx", shared=True).importable_path
    tag = "PresetChoice"

    owner: rx.Var[str]
    changes: rx.Var[int]
    """Increases when the team's presets change in this tab: then they are loaded again."""


preset_choice = PresetChoice.create
