"""A time in words, the exact one on hover."""

from __future__ import annotations

import reflex as rx


class Ago(rx.NoSSRComponent):
    """`at` is RFC 3339; drawn in the browser, because only it knows the time zone and the present."""

    library = rx.asset("ago.jsx", shared=True).importable_path
    tag = "Ago"

    at: rx.Var[str]


ago = Ago.create
