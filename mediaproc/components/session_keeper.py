"""Keeps the browser's sign-in alive, and lets all its tabs end together."""

from __future__ import annotations

import reflex as rx


class SessionKeeper(rx.NoSSRComponent):
    """Draws nothing. `mode`: `inside` a signed-in page, at the `door`, or to `renew` and go back."""

    library = rx.asset("session_keeper.jsx", shared=True).importable_path
    tag = "SessionKeeper"

    mode: rx.Var[str]


session_keeper = SessionKeeper.create
