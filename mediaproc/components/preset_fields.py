"""Fields of the preset form, each with its validation error."""

from __future__ import annotations

from typing import Any

import reflex as rx

from mediaproc.components.watermark_field import watermark_field
from mediaproc.components.widgets import button, icon
from mediaproc.media import codecs
from mediaproc.state.preset_form import SIDES, SizeRow
from mediaproc.state.presets import PresetsState

_values = PresetsState.values
_SUBTITLES = (
    ("sidecar", "Selectable track"),
    ("burn-in", "Burned in"),
    ("none", "None"),
)
_CORNERS = (
    ("bottom-right", "Bottom right"),
    ("bottom-left", "Bottom left"),
    ("top-right", "Top right"),
    ("top-left", "Top left"),
)
_CHANNELS = (("2", "Stereo"), ("1", "Mono"), ("6", "5.1"))
_ROTATIONS = (("0", "None"), ("90", "90° clockwise"), ("180", "180°"), ("270", "90° counterclockwise"))


def codec_choices() -> tuple[tuple[str, str], ...]:
    """Codecs by name, each with its label and what it is good for."""
    return tuple((codec.name, f"{codec.label} – {codec.note}") for codec in codecs.CODECS)


def _bit_depth_choices() -> tuple[tuple[str, str], ...]:
    deep = codecs.listed(codec.label for codec in codecs.deep())
    return ("8", "8-bit – plays everywhere"), ("10", f"10-bit – keeps HDR, {deep} only")


def preset_fields() -> rx.Component:
    """All fields; the browser creates them again for each preset that is opened in the form."""
    return rx.el.div(
        _text("title", "Title", auto_focus=PresetsState.editing != "", max_length=200, placeholder="Trailer"),
        _text("description", "Description (optional)", max_length=600, placeholder="Short clips for social media"),
        _choice("codec", "Codec", codec_choices()),
        _choice("bit_depth", "Color depth", _bit_depth_choices()),
        _sizes(),
        _text(
            "target_vmaf",
            "Target VMAF, 70–99 (optional, replaces CRF)",
            input_mode="decimal",
            placeholder="93",
        ),
        _text("frame_rate_cap", "Max frame rate (fps)", input_mode="numeric"),
        _audio(),
        _choice("subtitles", "Subtitles", _SUBTITLES),
        _text(
            "subtitle_language",
            "Burned-in subtitle language (optional)",
            max_length=12,
            placeholder="Language code: de, pt-BR. Default: first track",
        ),
        _trim(),
        _crop(),
        _choice("rotate", "Rotation", _ROTATIONS),
        _watermark(),
        key=PresetsState.form_number.to_string(),
        class_name="form preset-fields",
    )


# Renditions -----------------------------------------------------------------------------------------------


def _sizes() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Renditions"),
        rx.el.p(
            "Height is in pixels of the shorter side; heights above the source’s are skipped. "
            "A lower CRF means higher quality. Max kbit/s applies at 30 fps. "
            "Empty fields use the default for the codec and height.",
            class_name="quiet small hint",
            id="sizes-hint",
        ),
        rx.foreach(PresetsState.sizes, _size),
        _error("sizes"),
        rx.cond(
            PresetsState.sizes_are_full,
            rx.fragment(),
            button(icon("plus", 14), "Add rendition", kind="small", on_click=PresetsState.add_size),
        ),
        aria_describedby="sizes-hint",
    )


def _size(row: rx.vars.ObjectVar[SizeRow], place: rx.Var[int]) -> rx.Component:
    number = (place + 1).to_string()
    return rx.el.div(
        rx.el.div(
            _small("Height", "Height of rendition " + number, "height-" + row.key, row.height, row.error != ""),
            _small(
                "CRF", "CRF of rendition " + number, "crf-" + row.key, row.crf, row.error != "", placeholder="Default"
            ),
            _small(
                "Max kbit/s",
                "Max bitrate of rendition " + number,
                "max_bitrate-" + row.key,
                row.max_bitrate,
                row.error != "",
                placeholder="Default",
            ),
            button(
                icon("x", 14),
                kind="small bare icon",
                title="Remove",
                aria_label="Remove rendition " + number,
                on_click=PresetsState.drop_size(row.key),
            ),
            class_name="size-row",
        ),
        rx.cond(row.error != "", rx.el.p(icon("circle-alert"), row.error, class_name="form-error", role="alert")),
        key=row.key,
    )


# Audio and edits -----------------------------------------------------------------------------------------


def _audio() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend("Audio"),
        rx.el.label(
            rx.el.input(type="checkbox", name="mute", default_checked=_values.mute),
            rx.el.span("Remove audio"),
            class_name="check",
        ),
        rx.el.div(
            _small(
                "kbit/s",
                "Audio bitrate in kbit/s",
                "bitrate",
                _values.bitrate,
                _invalid("audio"),
                placeholder="Default",
            ),
            rx.el.label(
                "Channels",
                _select("channels", _CHANNELS, aria_label="Audio channels"),
                class_name="small-field",
            ),
            class_name="size-row",
        ),
        _error("audio"),
    )


def _trim() -> rx.Component:
    return _row_of(
        "Trim (optional)",
        "trim",
        _small("Start (s)", "Trim start in seconds", "start", _values.start, _invalid("trim"), placeholder="0"),
        _small("End (s)", "Trim end in seconds", "end", _values.end, _invalid("trim"), placeholder="End"),
    )


def _crop() -> rx.Component:
    return _row_of(
        "Crop, % (optional)",
        "crop",
        *(
            _small(
                side.capitalize(), f"Crop {side} in percent", side, getattr(_values, side), _invalid("crop"),
                placeholder="0",
            )
            for side in SIDES
        ),
    )  # fmt: skip


def _watermark() -> rx.Component:
    return rx.el.div(
        watermark_field(image=_values.watermark),
        rx.el.div(
            rx.el.label(
                "Corner",
                _select("mark_corner", _CORNERS, aria_label="Watermark corner"),
                class_name="small-field wide",
            ),
            _small(
                "Width, %",
                "Watermark width in percent of the video",
                "mark_size",
                _values.mark_size,
                _invalid("watermark"),
            ),
            _small(
                "Opacity, %",
                "Watermark opacity in percent",
                "mark_opacity",
                _values.mark_opacity,
                _invalid("watermark"),
            ),
            class_name="size-row",
        ),
        _error("watermark"),
    )


def _row_of(legend: str, name: str, *fields: rx.Component) -> rx.Component:
    """Small fields side by side, with one error below them."""
    return rx.el.fieldset(rx.el.legend(legend), rx.el.div(*fields, class_name="size-row"), _error(name))


# Kinds of fields --------------------------------------------------------------------------------------------------


def _text(name: str, label: str, **props: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"preset-{name}"),
        rx.el.input(
            id=f"preset-{name}",
            name=name,
            class_name="field",
            auto_complete="off",
            default_value=getattr(_values, name),
            aria_invalid=_invalid(name),
            aria_describedby=f"{name}-error",
            **props,
        ),
        _error(name),
    )


def _choice(name: str, label: str, choices: tuple[tuple[str, str], ...]) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"preset-{name}"), _select(name, choices, id=f"preset-{name}"), _error(name)
    )


def _select(name: str, choices: tuple[tuple[str, str], ...], **props: Any) -> rx.Component:
    return rx.el.select(
        *(rx.el.option(label, value=value) for value, label in choices),
        name=name,
        class_name="field",
        default_value=getattr(_values, name),
        **props,
    )


def _small(short_label: str, label: Any, name: Any, value: Any, invalid: Any, **props: Any) -> rx.Component:
    """A number. `short_label` is visible, `label` is for screen readers."""
    return rx.el.label(
        short_label,
        rx.el.input(
            name=name,
            class_name="field",
            input_mode="decimal",
            auto_complete="off",
            default_value=value,
            aria_label=label,
            aria_invalid=invalid,
            max_length=12,
            **props,
        ),
        class_name="small-field",
    )


def _invalid(name: str) -> rx.Var[bool]:
    return PresetsState.errors.contains(name)


def _error(name: str) -> rx.Component:
    return rx.cond(
        _invalid(name),
        rx.el.p(
            icon("circle-alert"),
            PresetsState.errors[name],
            id=f"{name}-error",
            class_name="form-error",
            role="alert",
        ),
    )
