"""Session keeper: renews the browser's session, and signs out all its tabs together."""

from __future__ import annotations

import reflex as rx


class SessionKeeper(rx.NoSSRComponent):
    """Renders nothing. `mode`: `signed-in`, `signed-out`, or `renew` to renew the session and go back."""

    library = rx.asset("session_keeper.jsx", shared=True).importable_path
    tag = "SessionKeeper"

    mode: rx.Var[str]


session_keeper = SessionKeeper.create
