"""What a team may ask of a preset: what is refused and why, and the preset that it becomes."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from mediaproc.media import chunks, edits, ladder, presets
from mediaproc.media.commands import audio, encode
from mediaproc.media.edits import Corner, Crop, Edits, Watermark
from mediaproc.media.preset_request import Recipe
from mediaproc.media.probe import MediaInfo, TextTrack
from mediaproc.media.refusals import BeyondLimits
from mediaproc.media.sources import Source
from tests.unit.test_command import INFO, values

ASKED: dict[str, Any] = {"title": "Trailer", "rungs": [{"height": 480}, {"height": 720, "crf": 30}]}


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"rungs": []}, "rungs", "at least 1 item"),
        ({"rungs": [{"height": 481}]}, "rungs.0.height", "A height must be an even number"),
        ({"rungs": [{"height": 480}, {"height": 480}]}, "rungs", "Each height can be made only once"),
        ({"rungs": [{"height": 480, "crf": 3}]}, "rungs.0", "The CRF of h264 is a number from 12 to 40"),
        (
            {"codec": "av1", "rungs": [{"height": 480, "crf": 60}]},
            "rungs.0",
            "The CRF of av1 is a number from 15 to 55",
        ),
        ({"codec": "vp6"}, "codec", "Input should be 'h264', 'hevc'"),
        ({"trim": {"start_seconds": 5, "end_seconds": 5}}, "trim", "The part to keep must end after it begins"),
        ({"crop": {"left": 0.5, "right": 0.45}}, "crop", "A tenth of the frame must be left in each direction"),
        ({"audio_tracks": "second"}, "audio_tracks", "'all' or 'first'"),
        ({"subtitles": "below"}, "subtitles", "'sidecar', 'burn-in' or 'none'"),
        ({"subtitle_language": "in German"}, "subtitle_language", "should match pattern"),
        ({"bit_depth": 10}, "bit_depth", "H.264 of 10 bits plays hardly anywhere; take HEVC"),
        ({"bit_depth": 12, "codec": "av1"}, "bit_depth", "8 or 10"),
        ({"bit_depth": 10, "codec": "av1", "subtitles": "burn-in"}, "", "burnt-in subtitles need 8 bits"),
        ({"audio": {"channels": 8}}, "audio.channels", "1, 2 or 6"),
        ({"rotate": 45}, "rotate", "0, 90, 180 or 270"),
        ({"frame_rate_cap": 0}, "frame_rate_cap", "greater than or equal to 1"),
        ({"audio": {"bitrate_bps": 1}}, "audio.bitrate_bps", "greater than or equal to 24000"),
        ({"logo": "logo.png"}, "logo", "Extra inputs are not permitted"),
        ({"watermark": {"image": "logo.png"}}, "watermark.image", "should match pattern"),
        ({"watermark": {"image": "0" * 64, "size": 2}}, "watermark.size", "less than or equal to 1"),
        ({"watermark": {"image": "0" * 64, "corner": "middle"}}, "watermark.corner", "'bottom-left'"),
    ],
)
def test_what_can_not_be_made_is_refused_with_a_sentence(changes: dict[str, Any], field: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Recipe.model_validate(ASKED | changes)
    (error,) = caught.value.errors()
    assert ".".join(map(str, error["loc"])) == field
    assert sentence in error["msg"]


def test_what_is_not_said_comes_from_the_built_in_preset_of_the_codec() -> None:
    made = Recipe.model_validate(ASKED).preset(name="trailer", version=3)
    assert (made.name, made.version, made.encoder) == ("trailer", 3, "libx264")
    assert [(rung.name, rung.long_side, rung.crf) for rung in made.rungs] == [("720p", 1280, 30), ("480p", 854, 22)]
    assert made.rungs[0].max_bitrate_bps == pytest.approx(presets.WEB.rungs[1].max_bitrate_bps, rel=0.1)
    assert Recipe.model_validate(ASKED | {"codec": "av1"}).preset(name="a", version=1).encoder == "libsvtav1"


@pytest.mark.parametrize(
    ("asked", "source", "channels", "bitrate_bps"),
    [
        ({}, 6, 2, 128_000),
        ({"channels": 1}, 2, 1, 128_000),
        ({}, 1, 2, 128_000),
        ({"channels": 6}, 6, 6, 384_000),
        ({"channels": 6}, 8, 6, 384_000),
        ({"channels": 6}, 2, 2, 128_000),
        ({"channels": 6}, 1, 1, 64_000),
        ({"channels": 6, "bitrate_bps": 480_000}, 5, 5, 400_000),
    ],
)
def test_of_surround_a_source_keeps_what_it_has(
    asked: dict[str, Any], source: int, channels: int, bitrate_bps: int
) -> None:
    made = Recipe.model_validate(ASKED | {"audio": asked}).preset(name="a", version=1)
    sound = made.audio.for_channels(source)
    assert (sound.channels, sound.bitrate_bps) == (channels, bitrate_bps)
    arguments = audio.arguments(_heard(source), source=Source("a"), preset=made)
    assert (values(arguments, "-ac"), values(arguments, "-b:a")) == ([str(channels)], [str(bitrate_bps)])


def _heard(channels: int) -> MediaInfo:
    return replace(INFO, audio=(replace(INFO.audio[0], channels=channels),))


@pytest.mark.parametrize(
    ("codec", "bit_depth", "transfer", "profile", "is_kept"),
    [
        ("hevc", 8, "smpte2084", ["main"], False),
        ("hevc", 10, "bt709", ["main10"], False),
        ("hevc", 10, "smpte2084", ["main10"], True),
        ("av1", 10, "arib-std-b67", [], True),
        ("av1", 10, "bt709", [], False),
    ],
)
def test_hdr_is_kept_where_there_are_ten_bits_for_it(
    codec: str, bit_depth: int, transfer: str, profile: list[str], is_kept: bool
) -> None:
    info = replace(INFO, video=replace(INFO.video, hdr=transfer != "bt709", transfer=transfer))
    preset = Recipe.model_validate(ASKED | {"codec": codec, "bit_depth": bit_depth, "rungs": [{"height": 480}]}).preset(
        name="a", version=1
    )
    rungs = ladder.rungs_for(info, preset)
    arguments = encode.encode_arguments(info, source=Source("a"), preset=preset, rungs=rungs, threads=1)
    (graph,) = values(arguments, "-filter_complex")
    assert values(arguments, "-profile:v") == profile
    assert f"format=yuv420p{'10le' if bit_depth == 10 else ''}[" in graph
    assert (f"color_trc={transfer}" in graph and "tonemap" not in graph) is is_kept
    assert ("tonemap" in graph) is (info.video.hdr and not is_kept)


def test_a_preset_with_edits_survives_json() -> None:
    asked = ASKED | {
        "crop": {"left": 0.25}, "rotate": 90, "mute": True, "trim": {"start_seconds": 1},
        "watermark": {"image": "0" * 64, "corner": "top-left"}, "subtitles": "burn-in", "subtitle_language": "de",
    }  # fmt: skip
    made = Recipe.model_validate(asked).preset(name="a", version=1)
    assert made.edits == Edits(
        start_seconds=1, crop=Crop(left=0.25), rotate=90, mute=True,
        watermark=Watermark("0" * 64, Corner.TOP_LEFT), burn_in=True, subtitle_language="de",
    )  # fmt: skip
    assert presets.Preset.from_json(json.loads(json.dumps(made.to_json()))) == made
    old = {
        name: value
        for name, value in presets.WEB.to_json().items()
        if name not in ("edits", "sounds", "loop", "bit_depth")
    }
    assert presets.Preset.from_json(old) == presets.WEB


@pytest.mark.parametrize(
    ("asked", "size", "seconds"),
    [
        (Edits(), (1920, 1080), 60),
        (Edits(rotate=90), (1080, 1920), 60),
        (Edits(crop=Crop(left=0.25, right=0.25)), (960, 1080), 60),
        (Edits(crop=Crop(top=0.5), rotate=270), (540, 1920), 60),
        (Edits(start_seconds=50), (1920, 1080), 10),
        (Edits(end_seconds=90), (1920, 1080), 60),
        (Edits(start_seconds=10, end_seconds=12.5), (1920, 1080), 2.5),
    ],
)
def test_a_source_once_edited(asked: Edits, size: tuple[int, int], seconds: float) -> None:
    made = edits.edited(INFO, asked)
    assert (made.video.display_width, made.video.display_height, made.duration_seconds) == (*size, seconds)


def test_tracks_can_be_left_out() -> None:
    spoken = replace(INFO.audio[1], is_default=True)
    many = replace(INFO, audio=(INFO.audio[0], spoken), text=(TextTrack(5, "subrip"),))
    asked = Recipe.model_validate(ASKED | {"audio_tracks": "first", "subtitles": "none"}).preset(name="a", version=1)
    made = edits.edited(many, asked.edits)
    assert (made.audio, made.text) == ((spoken,), ())
    assert edits.edited(many, Recipe.model_validate(ASKED).preset(name="a", version=1).edits) == many
    assert presets.Preset.from_json(json.loads(json.dumps(asked.to_json()))) == asked


@pytest.mark.parametrize(
    ("asked", "left"),
    [(Edits(mute=True, first_audio_only=True, without_subtitles=True), True), (Edits(rotate=90), False),
     (Edits(crop=Crop(top=0.1)), False), (Edits(start_seconds=1), False), (Edits(end_seconds=9), False)],
)  # fmt: skip
def test_a_picture_that_is_left_as_it_is_may_be_played_at_once(asked: Edits, left: bool) -> None:
    assert asked.leaves_video is left


def test_a_part_behind_the_end_is_refused() -> None:
    with pytest.raises(BeyondLimits, match=r"begins after 60 s, but this video is only 60\.0 s long"):
        edits.edited(INFO, Edits(start_seconds=60))


def test_a_trimmed_video_stays_in_one_piece() -> None:
    keyframes = [float(second) for second in range(0, 60, 2)]
    assert len(chunks.chunks_for(INFO, presets.WEB, keyframes)) == 2
    trimmed = replace(presets.WEB, edits=Edits(start_seconds=1))
    assert len(chunks.chunks_for(edits.edited(INFO, trimmed.edits), trimmed, keyframes)) == 1


def test_edits_are_in_the_command() -> None:
    preset = replace(
        presets.WEB, frame_rate_cap=12,
        edits=Edits(start_seconds=2, end_seconds=3.5, rotate=180, crop=Crop(left=0.1), mute=True),
    )  # fmt: skip
    info = edits.edited(INFO, preset.edits)
    made = encode.encode_arguments(
        info, source=Source("/a.mp4"), preset=preset, rungs=ladder.rungs_for(info, preset), threads=1
    )  # fmt: skip
    assert (values(made, "-ss"), values(made, "-t")) == (["2.000"], ["1.500"])
    (graph,) = values(made, "-filter_complex")
    order = [graph.index(name) for name in ("select=", "crop=iw*0.9:ih*1:iw*0.1:ih*0", "hflip", "vflip", "scale=")]
    assert order == sorted(order)
    assert values(made, "-c:a") == []
    assert info.video.frame_rate == Fraction(25)
