"""Player panel: the player, the animation of a preset without one, or a note why there is nothing to play."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.codec_support import codec_support
from mediaproc.components.player import player
from mediaproc.components.widgets import icon
from mediaproc.state.video import VideoState

_video = VideoState.video


def player_panel() -> rx.Component:
    """The panel."""
    return rx.el.div(
        rx.cond(
            VideoState.player != "",
            codec_support(
                player(
                    src=VideoState.player,
                    poster=VideoState.poster,
                    storyboard=VideoState.storyboard,
                    title=_video.title,
                    provisional=VideoState.provisional,
                    larger=VideoState.larger,
                ),
                name=_video.codec,
                type=_video.codec_type,
                key=_video.preset,  # a player that had audio only shows no video when it gets some
            ),
            _without_player(),
        ),
        class_name=rx.cond(
            (VideoState.player != "") | (_video.loop != "") | _video.in_progress,
            "player-frame",
            "player-frame player-frame-flat",
        ),
    )


def _without_player() -> rx.Component:
    """The animation if there is one, else a note."""
    return rx.cond(
        _video.loop != "",
        rx.cond(
            _video.loop_is_video,
            rx.el.video(
                src=_video.loop, auto_play=True, loop=True, muted=True, plays_inline=True, aria_label=_video.title
            ),
            rx.el.img(src=_video.loop, alt=_video.title),
        ),
        rx.fragment(
            rx.cond(VideoState.poster != "", rx.el.img(src=VideoState.poster, alt="", class_name="behind")),
            _note(),
        ),
    )


def _note() -> rx.Component:
    return rx.el.div(
        rx.match(
            _video.status,
            ("failed", rx.fragment(icon("film", 28), rx.el.b("Nothing to play"))),
            ("cancelled", rx.fragment(icon("film", 28), rx.el.b("Processing was cancelled"))),
            ("uploading", rx.fragment(icon("cloud-upload", 28), rx.el.b("Upload incomplete"))),
            rx.fragment(
                icon("clapperboard", 28),
                rx.el.b("Preparing playback"),
                rx.el.span("Playback starts as soon as the first seconds are encoded."),
            ),
        ),
        class_name="player-note",
    )
