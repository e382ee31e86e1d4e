"""What only some browsers can play."""

from __future__ import annotations

import reflex as rx


class Plays(rx.NoSSRComponent):
    """Its content, where the browser can decode the codec; else a sentence."""

    library = rx.asset("plays.jsx", shared=True).importable_path
    tag = "Plays"

    codec: rx.Var[str]


plays = Plays.create
