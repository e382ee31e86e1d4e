"""What makes a rendition another one, and what does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from mediaproc.media import chunks, edits, fingerprints, presets
from mediaproc.media.edits import Crop, Edits, Watermark
from mediaproc.media.fingerprints import Inputs
from mediaproc.media.presets import AUDIO, WEB, WEB_HEVC, ChosenCrf, Preset, RungTarget
from mediaproc.media.probe import MediaInfo, TextTrack
from tests.unit.test_command import INFO

MADE = Inputs(etag="abc-2", size_bytes=5, ffmpeg="ffmpeg version 8.0")
KEYFRAMES = [float(second) for second in range(0, 60, 2)]
RUNGS = {"1080p", "720p", "480p"}
SOUNDS = {"audio", "audio-2"}
ALL = RUNGS | SOUNDS
FULL, MIDDLE, SMALL = WEB.rungs


def printed(
    preset: Preset = WEB, *, made: Inputs = MADE, info: MediaInfo = INFO, keyframes: Sequence[float] = KEYFRAMES
) -> dict[str, str]:
    source = edits.edited(info, preset.edits)
    return fingerprints.of_output(made, source, preset, chunks.chunks_for(source, preset, keyframes))


def changed(preset: Preset, **others: object) -> set[str]:
    """The renditions that are not what `WEB` makes, or that it has not at all."""
    before, after = printed(), printed(preset, **others)  # type: ignore[arg-type]
    return {name for name, word in after.items() if before.get(name) != word}


def with_rungs(*rungs: RungTarget) -> Preset:
    return replace(WEB, rungs=rungs)


def edited(**values: object) -> Preset:
    return replace(WEB, edits=Edits(**values))  # type: ignore[arg-type]


def test_each_rendition_has_its_own_and_always_the_same() -> None:
    assert set(printed()) == ALL
    assert len(set(printed().values())) == len(ALL)
    assert printed() == printed()
    assert {len(word) for word in printed().values()} == {64}


@pytest.mark.parametrize(
    ("preset", "names"),
    [
        (replace(WEB, name="ours", version=7, title="Ours", description="More words"), set()),
        (with_rungs(FULL, replace(MIDDLE, crf=30), SMALL), {"720p"}),
        (with_rungs(FULL, replace(MIDDLE, max_bitrate_bps=2_000_000), SMALL), {"720p"}),
        (with_rungs(replace(FULL, name="900p", long_side=1600, short_side=900), MIDDLE, SMALL), {"900p"}),
        (with_rungs(FULL, SMALL), set()),
        (with_rungs(FULL, MIDDLE, RungTarget("600p", 1066, 600, 22, 2_000_000), SMALL), {"600p"}),
        (replace(WEB, audio=replace(WEB.audio, bitrate_bps=96_000)), SOUNDS),
        (replace(WEB, audio=replace(WEB.audio, channels=1)), SOUNDS),
        (edited(first_audio_only=True), set()),
        (edited(mute=True), set()),
        (replace(WEB, frame_rate_cap=24), RUNGS),
        (replace(WEB, frame_rate_cap=50), RUNGS),  # the longest way between two keyframes goes by it
        (replace(WEB, encoder_preset="medium"), RUNGS),
        (replace(WEB, segment_seconds=6), ALL),
        (replace(WEB_HEVC, audio=WEB.audio), RUNGS),
        (edited(start_seconds=1.0), ALL),
        (edited(end_seconds=9.0), ALL),
        (edited(crop=Crop(left=0.1)), RUNGS),
        (edited(rotate=180), RUNGS),
        (edited(watermark=Watermark("0" * 64)), RUNGS),
    ],
)  # fmt: skip
def test_what_a_preset_asks_for_otherwise_is_made_anew_and_no_more(preset: Preset, names: set[str]) -> None:
    assert changed(preset) == names


def test_another_image_is_another_watermark() -> None:
    one, other = (printed(edited(watermark=Watermark(digit * 64))) for digit in "01")
    assert {name for name in one if one[name] != other[name]} == RUNGS


def test_subtitles_are_a_part_of_the_picture_where_they_are_burnt_in() -> None:
    texts = (TextTrack(3, "subrip", "eng"), TextTrack(4, "subrip", "ger"))
    info = replace(INFO, text=texts)
    assert printed(info=info) == printed()
    english, german = (
        printed(edited(burn_in=True, subtitle_language=language), info=info) for language in ("en", "de")
    )
    assert {name for name in ALL if english[name] != german[name]} == RUNGS
    assert changed(edited(burn_in=True, subtitle_language="en"), info=info) == RUNGS


def test_hdr_that_is_kept_is_not_what_is_mapped() -> None:
    info = replace(INFO, video=replace(INFO.video, hdr=True, transfer="smpte2084", pixel_format="yuv420p10le"))
    kept, mapped = (printed(replace(WEB_HEVC, bit_depth=bits), info=info) for bits in (10, 8))
    assert {name for name in ALL if kept[name] != mapped[name]} == RUNGS


@pytest.mark.parametrize("other", [{"etag": "abd-2"}, {"size_bytes": 6}, {"ffmpeg": "ffmpeg version 8.1"}])
def test_other_bytes_and_another_ffmpeg_make_everything_anew(other: dict[str, Any]) -> None:
    assert changed(WEB, made=replace(MADE, **other)) == ALL


def test_chunks_that_begin_elsewhere_make_other_pictures_and_the_same_sound() -> None:
    assert changed(WEB, keyframes=KEYFRAMES[::8]) == RUNGS
    assert changed(WEB, keyframes=[]) == RUNGS


def test_a_rate_that_changes_when_frames_are_decoded_counts() -> None:
    assert changed(WEB, info=replace(INFO, video=replace(INFO.video, frame_rate=Fraction(24)))) == RUNGS


def test_a_generation_makes_everything_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = printed()
    monkeypatch.setattr(fingerprints, "GENERATION", fingerprints.GENERATION + 1)
    assert not set(before.values()) & set(printed().values())


def test_a_quality_that_is_still_to_be_found_is_none_yet() -> None:
    tuned = replace(WEB, target_vmaf=93.0)
    assert set(printed(tuned)) == SOUNDS
    found = replace(tuned, chosen=tuple(ChosenCrf(rung.name, rung.crf, 93.1) for rung in WEB.rungs))
    assert changed(found) == set()


def test_files_alone_and_what_is_not_encoded_have_none() -> None:
    assert not RUNGS & set(printed(AUDIO))
    assert fingerprints.of_output(MADE, INFO, presets.WEB, []).keys() == SOUNDS
