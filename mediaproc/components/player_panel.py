"""The picture on a video's page: the player, or a word about why there is nothing to play yet."""

from __future__ import annotations

import reflex as rx

from mediaproc.components.codec_support import codec_support
from mediaproc.components.player import player
from mediaproc.components.widgets import icon
from mediaproc.state.video import VideoState

_video = VideoState.video


def player_panel() -> rx.Component:
    """The player; what else there is to see; or a note."""
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
                codec=_video.codec,
                key=_video.recipe,  # a player that had only sound shows no picture when it gets one
            ),
            _without_player(),
        ),
        class_name=rx.cond(
            (VideoState.player == "") & (_video.loop == "") & ~_video.moving, "stage stage-flat", "stage"
        ),
    )


def _without_player() -> rx.Component:
    """The loop that a preset for files alone has made; else a word about why there is nothing to play."""
    return rx.cond(
        _video.loop != "",
        rx.cond(
            _video.loop_moves,
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
            ("uploading", rx.fragment(icon("cloud-upload", 28), rx.el.b("The upload is not finished"))),
            rx.fragment(
                icon("clapperboard", 28),
                rx.el.b("Getting ready"),
                rx.el.span("It starts playing here as soon as its first seconds are made."),
            ),
        ),
        class_name="stage-note",
    )
