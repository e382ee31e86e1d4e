"""The form of a preset: what it asks for, what it shows of a recipe, and where it says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mediaproc.media import preset_request
from mediaproc.media.preset_request import Recipe
from mediaproc.state.preset_form import FormValues, SizeRow, by_field, request_of, rows_for, rows_of, values_of

ROWS = rows_for((720, 480))
TYPED = {"title": " Trailer ", "codec": "h264", "bitrate": "96", "channels": "1", "rotate": "90", "height-0": "720",
         "crf-0": "20", "height-1": "480", "crf-1": ""}  # fmt: skip


def refused(form: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    with pytest.raises(ValidationError) as caught:
        Recipe.model_validate(request_of(TYPED | form, ROWS))
    others, rows = by_field(preset_request.explained(caught.value), ROWS)
    return others, [row.error for row in rows]


def test_what_is_typed_becomes_a_recipe_and_is_shown_again() -> None:
    typed = TYPED | {"mute": "on", "start": "1,5", "end": "4", "left": "12.5", "frame_rate_cap": "30"}
    recipe = Recipe.model_validate(request_of(typed, ROWS))
    assert (recipe.title, recipe.mute, recipe.rotate, recipe.frame_rate_cap) == ("Trailer", True, 90, 30)
    assert [(rung.height, rung.crf) for rung in recipe.rungs] == [(720, 20), (480, None)]
    assert (recipe.audio.bitrate_bps, recipe.audio.channels, recipe.crop.left) == (96_000, 1, 0.125)
    assert (recipe.trim.start_seconds, recipe.trim.end_seconds) == (1.5, 4)
    kept = recipe.to_json()
    assert rows_of(kept) == [SizeRow("0", "720", "20"), SizeRow("1", "480", "")]
    shown = values_of(kept)
    assert (shown.title, shown.bitrate, shown.start, shown.end, shown.left, shown.top) == (
        "Trailer", "96", "1.5", "4", "12.5", "",
    )  # fmt: skip


def test_a_form_of_a_new_preset_asks_for_the_defaults() -> None:
    filled = {name: getattr(FormValues(), name) for name in FormValues.__dataclass_fields__ if name != "mute"}
    rows = {f"height-{row.key}": row.height for row in ROWS}
    recipe = Recipe.model_validate(request_of(filled | rows | {"title": "A"}, ROWS))
    assert recipe == Recipe.model_validate({"title": "A", "rungs": [{"height": 720}, {"height": 480}]})


def test_quality_bits_and_subtitles_are_asked_for_and_shown_again() -> None:
    typed = TYPED | {"crf-0": "", "max_bitrate-0": "1234.567", "target_vmaf": "92,5", "subtitles": "none"}
    recipe = Recipe.model_validate(request_of(typed, ROWS))
    assert (recipe.target_vmaf, recipe.subtitles) == (92.5, "none")
    assert [rung.max_bitrate_bps for rung in recipe.rungs] == [1_234_567, None]
    shown = values_of(recipe.to_json())
    assert (shown.target_vmaf, shown.subtitles) == ("92.5", "none")
    assert [row.max_bitrate for row in rows_of(recipe.to_json())] == ["1234.567", ""]


def test_colours_and_surround_are_asked_for_and_shown_again() -> None:
    typed = TYPED | {"codec": "hevc", "bit_depth": "10", "channels": "6", "bitrate": "", "crf-0": ""}
    recipe = Recipe.model_validate(request_of(typed, ROWS))
    assert (recipe.bit_depth, recipe.audio.channels, recipe.audio.bits) == (10, 6, 384_000)
    shown = values_of(recipe.to_json())
    assert (shown.bit_depth, shown.channels, shown.bitrate) == ("10", "6", "")
    old = recipe.to_json()
    del old["bit_depth"]
    assert values_of(old).bit_depth == "8"
    assert refused({"bit_depth": "10"})[0]["bit_depth"].startswith("H.264 of 10 bits plays hardly anywhere; take HEVC")


def test_what_is_emptied_is_asked_for_no_more() -> None:
    assert request_of(TYPED | {"target_vmaf": " "}, ROWS)["target_vmaf"] is None


@pytest.mark.parametrize(
    ("form", "others", "rows"),
    [
        ({"title": ""}, {"title": "This is needed"}, ["", ""]),
        ({"height-1": "481"}, {}, ["", "A height must be an even number"]),
        ({"height-0": "tall"}, {}, ["This is not a whole number", ""]),
        ({"height-0": ""}, {}, ["This is needed", ""]),
        ({"height-0": "9000"}, {}, ["At most 2160", ""]),
        ({"height-0": "480"}, {"sizes": "Each height can be made only once"}, ["", ""]),
        ({"crf-1": "3"}, {}, ["", "The CRF of h264 is a number from 12 to 40"]),
        ({"target_vmaf": "90"}, {"sizes": "Say either the VMAF to reach or the CRF of a size, not both"}, ["", ""]),
        ({"target_vmaf": "5"}, {"target_vmaf": "At least 70"}, ["", ""]),
        ({"max_bitrate-1": "1"}, {}, ["", "A size takes 50 to 100000 kilobits a second"]),
        ({"frame_rate_cap": "0"}, {"frame_rate_cap": "At least 1"}, ["", ""]),
        ({"frame_rate_cap": "29.97"}, {"frame_rate_cap": "This is not a whole number"}, ["", ""]),
        ({"start": "5", "end": "5"}, {"trim": "The part to keep must end after it begins"}, ["", ""]),
        ({"left": "60", "right": "40"}, {"crop": "A tenth of the frame must be left in each direction"}, ["", ""]),
        ({"top": "100"}, {"crop": "A crop must leave part of the frame"}, ["", ""]),
        ({"bitrate": "loud"}, {"audio": "This is not a whole number"}, ["", ""]),
        ({"bitrate": "1"}, {"audio": "Audio takes 24 to 640 kilobits a second"}, ["", ""]),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(form: dict[str, str], others: dict[str, str], rows: list[str]) -> None:
    assert refused(form) == (others, rows)


@pytest.mark.parametrize(
    ("title", "taken", "name"),
    [("My Trailer!", (), "my-trailer"), ("Été, court", ("ete-court",), "ete-court-2"), ("預告", (), "preset")],
)
def test_a_preset_is_named_after_its_title(title: str, taken: tuple[str, ...], name: str) -> None:
    assert preset_request.name_for(title, taken) == name
    long: Any = preset_request.name_for("a " * 100, ())
    assert len(long) <= 50 and not long.endswith("-")


def test_a_watermark_is_typed_in_percent_and_shown_again() -> None:
    mark = {"watermark": "0" * 64, "mark_corner": "top-left", "mark_size": "12,5", "mark_opacity": "80"}
    recipe = Recipe.model_validate(request_of(TYPED | mark | {"subtitles": "burn-in", "subtitle_language": "de"}, ROWS))
    made = recipe.watermark
    assert made is not None
    assert (made.corner, made.size, made.opacity) == ("top-left", 0.125, 0.8)
    shown = values_of(recipe.to_json())
    assert {name: getattr(shown, name) for name in mark} == mark | {"mark_size": "12.5"}
    assert (shown.subtitles, shown.subtitle_language) == ("burn-in", "de")
    assert request_of(TYPED | mark | {"watermark": ""}, ROWS)["watermark"] is None
