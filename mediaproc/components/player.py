"""The player: media-chrome around hls.js."""

from __future__ import annotations

import reflex as rx


class Player(rx.NoSSRComponent):
    """Plays an HLS playlist, also one that still grows."""

    library = rx.asset("player.jsx", shared=True).importable_path
    tag = "Player"
    lib_dependencies: list[str] = ["media-chrome@4.19.4", "hls-video-element@1.5.11", "hls.js@1.7.4"]

    src: rx.Var[str]
    poster: rx.Var[str]
    storyboard: rx.Var[str]
    """WebVTT with a picture for each moment; empty while there is none."""
    title: rx.Var[str]
    provisional: rx.Var[bool]
    """Whether what plays is the source itself; when that ends, the renditions are there."""
    larger: rx.Var[bool]
    """Whether the source is larger than any of them."""


player = Player.create
