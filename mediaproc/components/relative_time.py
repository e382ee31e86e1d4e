"""A time in words, the exact one on hover."""

from __future__ import annotations

import reflex as rx


class RelativeTime(rx.NoSSRComponent):
    """`at` is RFC 3339; drawn in the browser, because only it knows the time zone and the present."""

    library = rx.asset("relative_time.jsx", shared=True).importable_path
    tag = "RelativeTime"

    at: rx.Var[str]


relative_time = RelativeTime.create
