"""Relative time: "3 min ago", with the exact time on hover."""

from __future__ import annotations

import reflex as rx


class RelativeTime(rx.NoSSRComponent):
    """`at` is RFC 3339. Rendered in the browser, which knows the time zone and keeps it up to date."""

    library = rx.asset("relative_time.jsx", shared=True).importable_path
    tag = "RelativeTime"

    at: rx.Var[str]


relative_time = RelativeTime.create
