"""One video: the player first, then what it is, what can be downloaded, and what happened."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc import routes
from mediaproc.components.ago import ago
from mediaproc.components.parts import NATIVE, bar, button, code_block, fold, icon
from mediaproc.components.plan import plan_panel
from mediaproc.components.player import player
from mediaproc.components.plays import plays
from mediaproc.components.process_again import process_again
from mediaproc.components.shell import shell
from mediaproc.state.details import PRIORITIES, STAGES, AttemptRow, RenditionRow
from mediaproc.state.video import VideoState

_video = VideoState.video
_live = VideoState.live


def video() -> rx.Component:
    """The page."""
    return shell(
        rx.match(
            VideoState.found,
            ("yes", _page()),
            ("no", _gone()),
            _skeleton(),
        ),
        rx.el.div(VideoState.spoken, class_name="hidden-visually", aria_live="polite"),
    )


def _page() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.div(_stage(), _title(), _happening(), _activity(), plan_panel(), class_name="video-main"),
            rx.el.aside(_renditions(), _facts_panel(), aria_label="About this video"),
            class_name="video-cols",
        ),
        _delete_dialog(),
    )


# The picture ------------------------------------------------------------------------------------------------


def _stage() -> rx.Component:
    return rx.el.div(
        rx.cond(
            VideoState.player != "",
            plays(
                player(
                    src=VideoState.player,
                    poster=VideoState.poster,
                    storyboard=VideoState.storyboard,
                    title=_video.title,
                    provisional=VideoState.provisional,
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
            _stage_note(),
        ),
    )


def _stage_note() -> rx.Component:
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


def _title() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h1(_video.title, class_name="hidden-visually"),
            rx.el.input(
                default_value=_video.title,
                key=_video.id + _video.title,
                aria_label="Title",
                class_name="title-input",
                max_length=255,
                on_blur=VideoState.rename,
                spell_check=False,
            ),
            rx.cond(
                _video.moving,
                button(
                    icon("ban"),
                    rx.el.span("Cancel processing", class_name="wide"),
                    aria_label="Cancel processing",
                    on_click=VideoState.cancel,
                ),
                _process_again(),
            ),
            button(
                icon("trash-2"),
                rx.el.span("Delete", class_name="wide"),
                kind="danger",
                aria_label="Delete",
                on_click=VideoState.ask_to_delete(True),
            ),
            class_name="title-row",
        ),
        rx.el.p(
            rx.el.span(_video.state),
            rx.cond(_video.duration != "", rx.el.span(_video.duration, class_name="sep")),
            rx.el.span(_video.size, class_name="sep"),
            ago(at=_video.created_at, class_name="sep"),
            class_name="facts",
        ),
    )


def _process_again() -> rx.Component:
    again = button(
        icon("rotate-cw"), rx.el.span("Try again", class_name="wide"), aria_label="Try again", on_click=VideoState.retry
    )
    return rx.match(
        _video.status,
        ("failed", rx.fragment(again, process_again())),
        ("cancelled", rx.fragment(again, process_again())),
        ("completed", process_again()),
        rx.fragment(),
    )


# What happens now -------------------------------------------------------------------------------------------


def _happening() -> rx.Component:
    return rx.fragment(
        rx.cond((_video.status == "failed") & (_video.trouble != ""), _trouble()),
        rx.cond(_video.retry_at != "", _retrying()),
        rx.cond(_video.moving, _processing()),
    )


def _trouble() -> rx.Component:
    return rx.el.div(
        icon("circle-alert", 18),
        rx.el.div(rx.el.b(_video.trouble), rx.el.p(_video.advice)),
        class_name="callout",
        role="alert",
    )


def _retrying() -> rx.Component:
    return rx.el.div(
        icon("history", 18),
        rx.el.div(rx.el.b(_video.trouble), rx.el.p("It is tried again ", ago(at=_video.retry_at), ".")),
        class_name="callout callout-calm",
        role="status",
    )


def _processing() -> rx.Component:
    return rx.el.section(
        rx.el.ol(*[_stage_step(index, name) for index, (_, name) in enumerate(STAGES)], class_name="stages"),
        bar(_live.progress, "Processing"),
        rx.el.dl(
            _gauge("Done", _live.percent),
            _gauge("Rate", _live.fps),
            _gauge("Speed", _live.speed),
            _gauge("Time", _live.left),
            class_name="gauges",
        ),
        class_name="panel processing",
        aria_label="Processing",
    )


def _stage_step(index: int, name: str) -> rx.Component:
    now = VideoState.stage_index
    state = rx.cond(now == index, "now", rx.cond(now > index, "done", "next"))
    return rx.el.li(name, custom_attrs={"data-state": state, "aria-current": rx.cond(now == index, "step", "false")})


def _gauge(name: str, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(rx.cond(value != "", value, "–")), class_name="gauge")


# Beside it --------------------------------------------------------------------------------------------------


def _renditions() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2("Renditions", class_name="mp-h2"), class_name="panel-head"),
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Size", scope="col"),
                    rx.el.th("Bitrate", scope="col", class_name="num"),
                    rx.el.th("File", scope="col", class_name="num"),
                    rx.el.th(rx.el.span("Download", class_name="hidden-visually"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(VideoState.renditions, _rendition), _original()),
            class_name="table",
        ),
        class_name="panel",
    )


def _rendition(row: rx.vars.ObjectVar[RenditionRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(rx.el.b(row.label, class_name="strong"), title=row.picture),
        rx.el.td(row.bitrate, class_name="num"),
        rx.el.td(row.size, class_name="num"),
        rx.el.td(rx.cond(row.download != "", _download(row.download, row.label))),
        key=row.name,
    )


def _original() -> rx.Component:
    return rx.el.tr(
        rx.el.td("Original"),
        rx.el.td("–", class_name="num"),
        rx.el.td(_video.size, class_name="num"),
        rx.el.td(
            rx.cond(_video.has_source, _download(f"/api/v1/videos/{_video.id}/download?rendition=source", "Original"))
        ),
    )


def _download(href: Any, name: Any) -> rx.Component:
    return rx.el.a(
        icon("download", 15),
        rx.el.span("Download ", name, class_name="hidden-visually"),
        href=href,
        title="Download",
        class_name="btn btn-bare btn-small btn-icon",
        custom_attrs={"download": "", **NATIVE},
    )


def _facts_panel() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2("Details", class_name="mp-h2"), class_name="panel-head"),
        rx.el.dl(
            _fact("File", _video.filename),
            _fact("Picture", _video.picture),
            _fact("Frame rate", _video.rate),
            _fact("Length", _video.duration),
            _fact("Made with", _video.recipe),
            _time("Uploaded", _video.created_at),
            _time("Ready", _video.ready_at),
            rx.cond(_video.moving, _priority()),
            class_name="details panel-body",
        ),
        class_name="panel",
    )


def _priority() -> rx.Component:
    """When its turn comes, to be chosen for as long as there is work to do."""
    return rx.fragment(
        rx.el.dt("Its turn"),
        rx.el.dd(
            rx.el.select(
                *(rx.el.option(words, value=value) for value, words in PRIORITIES),
                value=_video.priority,
                on_change=VideoState.prioritize,
                aria_label="When this video is processed",
                class_name="field",
            )
        ),
    )


def _fact(name: str, value: Any) -> rx.Component:
    return rx.cond(value != "", rx.fragment(rx.el.dt(name), rx.el.dd(value)))


def _time(name: str, at: Any) -> rx.Component:
    return rx.cond(at != "", rx.fragment(rx.el.dt(name), rx.el.dd(ago(at=at))))


# What happened ----------------------------------------------------------------------------------------------


def _activity() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2("Activity", class_name="mp-h2"), class_name="panel-head"),
        rx.cond(
            VideoState.attempts.length() > 0,
            rx.el.ol(rx.foreach(VideoState.attempts, _attempt), class_name="timeline"),
            rx.el.p("No worker has taken this video yet.", class_name="panel-body quiet"),
        ),
        class_name="panel activity",
    )


def _attempt(row: rx.vars.ObjectVar[AttemptRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(row.name),
            _outcome(row),
            rx.el.span(
                ago(at=row.started_at),
                rx.cond(row.lasted != "", rx.fragment(" · took ", row.lasted)),
                " · on ",
                row.worker,
                class_name="quiet small",
            ),
            class_name="attempt-head",
        ),
        rx.cond(row.trouble != "", rx.el.p(row.trouble)),
        rx.cond(row.command != "", fold("FFmpeg command", code_block(row.command, "FFmpeg command"))),
        rx.cond(row.log_tail != "", fold("End of the log", code_block(row.log_tail, "End of the log"))),
        class_name="attempt",
        custom_attrs={"data-outcome": row.outcome},
        key=row.key,
    )


def _outcome(row: rx.vars.ObjectVar[AttemptRow]) -> rx.Component:
    colour = rx.match(
        row.outcome,
        ("completed", "pill pill-soft-green"),
        ("running", "pill pill-soft-accent"),
        ("cancelled", "pill pill-soft"),
        "pill pill-soft-red",
    )
    return rx.el.span(row.outcome_name, class_name=colour)


# Questions and gaps -----------------------------------------------------------------------------------------


def _delete_dialog() -> rx.Component:
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title("Delete this video?", size="4"),
            rx.alert_dialog.description(
                rx.el.b(_video.title), " goes with its original and everything made of it. This can't be undone."
            ),
            rx.el.div(
                rx.alert_dialog.cancel(button("Keep it")),
                button("Delete it", kind="main destroy", on_click=VideoState.delete),
                class_name="dialog-acts",
            ),
            max_width="420px",
        ),
        open=VideoState.confirming,
        on_open_change=VideoState.ask_to_delete,
    )


def _gone() -> rx.Component:
    return rx.el.div(
        rx.el.b("There is no such video"),
        rx.el.p("It may have been deleted."),
        rx.link("Go to the library", href=routes.LIBRARY, underline="none", class_name="btn"),
        class_name="nothing",
    )


def _skeleton() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(class_name="stage skeleton"),
            rx.el.div(class_name="skeleton skeleton-line", style={"height": "24px", "marginTop": "20px"}),
            rx.el.div(class_name="skeleton skeleton-line short"),
        ),
        rx.el.div(class_name="skeleton", style={"height": "220px", "borderRadius": "12px"}),
        class_name="video-cols",
        aria_busy="true",
        aria_label="Loading",
    )
