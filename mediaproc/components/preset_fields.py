"""The fields of a preset, each with what is wrong with it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.watermark_field import watermark_field
from mediaproc.components.widgets import button, icon
from mediaproc.state.preset_form import SIDES, SizeRow
from mediaproc.state.presets import PresetsState

_filled = PresetsState.filled
_CODECS = (
    ("h264", "H.264 – plays everywhere"),
    ("hevc", "HEVC – smaller, for newer players"),
    ("av1", "AV1 – smallest, takes longest"),
)
_SUBTITLES = (
    ("sidecar", "Beside the video, to be switched on"),
    ("burn-in", "In the picture, always seen"),
    ("none", "Leave them out"),
)
_CORNERS = (
    ("bottom-right", "Bottom right"),
    ("bottom-left", "Bottom left"),
    ("top-right", "Top right"),
    ("top-left", "Top left"),
)
_CHANNELS = (("2", "Stereo"), ("1", "Mono"), ("6", "5.1"))
_BIT_DEPTHS = (("8", "8 bits – plays everywhere"), ("10", "10 bits, HDR kept – HEVC and AV1"))
_TURNS = (("0", "As it is"), ("90", "90° to the right"), ("180", "Upside down"), ("270", "90° to the left"))


def preset_fields() -> rx.Component:
    """All of them, made anew with each preset that is put into the form."""
    return rx.el.div(
        _text("title", "Title", auto_focus=PresetsState.editing != "", max_length=200, placeholder="Trailer"),
        _text("description", "Description (if you like)", max_length=600, placeholder="What it is for"),
        _choice("codec", "Codec", _CODECS),
        _choice("bit_depth", "Colours", _BIT_DEPTHS),
        _sizes(),
        _text(
            "target_vmaf",
            "VMAF to reach, 70 to 99 (if you like, instead of a CRF)",
            input_mode="decimal",
            placeholder="93",
        ),
        _text("frame_rate_cap", "Frames a second, at most", input_mode="numeric"),
        _sound(),
        _choice("subtitles", "Subtitles", _SUBTITLES),
        _text(
            "subtitle_language",
            "Language to put into the picture (if you like)",
            max_length=12,
            placeholder="The first there is; or a code: de, pt-BR",
        ),
        _trim(),
        _crop(),
        _choice("rotate", "Turn the picture", _TURNS),
        _watermark(),
        key=PresetsState.form_number.to_string(),
        class_name="form preset-fields",
    )


# What is made -----------------------------------------------------------------------------------------------


def _sizes() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Sizes"),
        rx.el.p(
            "Pixels on the short side; a size that the source does not have is left out. "
            "CRF is the quality, lower is finer; the codec’s usual one where it is empty. "
            "Max kbit/s is what a second may take at 30 frames; the usual one for its height where it is empty.",
            class_name="quiet small hint",
            id="sizes-hint",
        ),
        rx.foreach(PresetsState.sizes, _size),
        _trouble("sizes"),
        rx.cond(
            PresetsState.sizes_are_full,
            rx.fragment(),
            button(icon("plus", 14), "Add a size", kind="small", on_click=PresetsState.add_size),
        ),
        aria_describedby="sizes-hint",
    )


def _size(row: rx.vars.ObjectVar[SizeRow], place: rx.Var[int]) -> rx.Component:
    number = (place + 1).to_string()
    return rx.el.div(
        rx.el.div(
            _small("Height", "Height of size " + number, "height-" + row.key, row.height, row.trouble != ""),
            _small("CRF", "CRF of size " + number, "crf-" + row.key, row.crf, row.trouble != "", placeholder="usual"),
            _small(
                "Max kbit/s",
                "Kilobits a second, at most, of size " + number,
                "max_bitrate-" + row.key,
                row.max_bitrate,
                row.trouble != "",
                placeholder="usual",
            ),
            button(
                icon("x", 14),
                kind="small bare icon",
                title="Leave it out",
                aria_label="Leave out size " + number,
                on_click=PresetsState.drop_size(row.key),
            ),
            class_name="size-row",
        ),
        rx.cond(row.trouble != "", rx.el.p(icon("circle-alert"), row.trouble, class_name="form-error", role="alert")),
        key=row.key,
    )


# What is done to it -----------------------------------------------------------------------------------------


def _sound() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Sound"),
        rx.el.label(
            rx.el.input(type="checkbox", name="mute", default_checked=_filled.mute),
            rx.el.span("Leave it out"),
            class_name="check",
        ),
        rx.el.div(
            _small(
                "kbit/s", "Sound, kilobits a second", "bitrate", _filled.bitrate, _wrong("audio"), placeholder="usual"
            ),
            rx.el.label(
                "Channels",
                _select("channels", _CHANNELS, aria_label="Channels of the sound"),
                class_name="small-field",
            ),
            class_name="size-row",
        ),
        _trouble("audio"),
    )


def _trim() -> rx.Component:
    return _row_of(
        "Keep only a part (if you like)",
        "trim",
        _small("From second", "Keep it from second", "start", _filled.start, _wrong("trim"), placeholder="0"),
        _small("To second", "Keep it to second", "end", _filled.end, _wrong("trim"), placeholder="end"),
    )


def _crop() -> rx.Component:
    return _row_of(
        "Cut off at the sides, percent (if you like)",
        "crop",
        *(
            _small(
                side.capitalize(), f"Percent to cut off: {side}", side, getattr(_filled, side), _wrong("crop"),
                placeholder="0",
            )
            for side in SIDES
        ),
    )  # fmt: skip


def _watermark() -> rx.Component:
    return rx.el.div(
        watermark_field(image=_filled.watermark),
        rx.el.div(
            rx.el.label(
                "Corner",
                _select("mark_corner", _CORNERS, aria_label="Corner of the watermark"),
                class_name="small-field wide",
            ),
            _small(
                "Size, %",
                "Percent of the picture’s width that it fills",
                "mark_size",
                _filled.mark_size,
                _wrong("watermark"),
            ),
            _small(
                "Opacity, %",
                "Opacity of the watermark, percent",
                "mark_opacity",
                _filled.mark_opacity,
                _wrong("watermark"),
            ),
            class_name="size-row",
        ),
        _trouble("watermark"),
    )


def _row_of(legend: str, name: str, *fields: rx.Component) -> rx.Component:
    """Small fields side by side, and below them what is wrong with any."""
    return rx.el.fieldset(rx.el.legend(legend), rx.el.div(*fields, class_name="size-row"), _trouble(name))


# One field --------------------------------------------------------------------------------------------------


def _text(name: str, label: str, **props: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"preset-{name}"),
        rx.el.input(
            id=f"preset-{name}",
            name=name,
            class_name="field",
            auto_complete="off",
            default_value=getattr(_filled, name),
            aria_invalid=_wrong(name),
            aria_describedby=f"{name}-trouble",
            **props,
        ),
        _trouble(name),
    )


def _choice(name: str, label: str, choices: tuple[tuple[str, str], ...]) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"preset-{name}"), _select(name, choices, id=f"preset-{name}"), _trouble(name)
    )


def _select(name: str, choices: tuple[tuple[str, str], ...], **props: Any) -> rx.Component:
    return rx.el.select(
        *(rx.el.option(words, value=value) for value, words in choices),
        name=name,
        class_name="field",
        default_value=getattr(_filled, name),
        **props,
    )


def _small(word: str, label: Any, name: Any, value: Any, wrong: Any, **props: Any) -> rx.Component:
    """A number under a short word; read out it says more."""
    return rx.el.label(
        word,
        rx.el.input(
            name=name,
            class_name="field",
            input_mode="decimal",
            auto_complete="off",
            default_value=value,
            aria_label=label,
            aria_invalid=wrong,
            max_length=12,
            **props,
        ),
        class_name="small-field",
    )


def _wrong(name: str) -> rx.Var[bool]:
    return PresetsState.errors.contains(name)


def _trouble(name: str) -> rx.Component:
    return rx.cond(
        _wrong(name),
        rx.el.p(
            icon("circle-alert"),
            PresetsState.errors[name],
            id=f"{name}-trouble",
            class_name="form-error",
            role="alert",
        ),
    )
