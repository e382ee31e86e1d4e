"""Player: media-chrome controls around hls.js."""

from __future__ import annotations

import reflex as rx


class Player(rx.NoSSRComponent):
    """Plays an HLS playlist, also one that is still growing."""

    library = rx.asset("player.jsx", shared=True).importable_path
    tag = "Player"
    lib_dependencies: list[str] = ["media-chrome@4.19.4", "hls-video-element@1.5.11", "hls.js@1.7.4"]

    src: rx.Var[str]
    poster: rx.Var[str]
    storyboard: rx.Var[str]
    """WebVTT of the storyboard; empty while there is none."""
    title: rx.Var[str]
    provisional: rx.Var[bool]
    """True while the source itself plays; once it is false, the renditions exist."""
    larger: rx.Var[bool]
    """True if the source is larger than every rendition."""


player = Player.create
