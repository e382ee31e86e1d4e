"""Which sources are kept as they are, in words what stands in the way of others, and how they are copied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mediaproc.media import ladder, tracks
from mediaproc.media.commands import source_copy
from mediaproc.media.presets import SOURCE_COPY
from mediaproc.media.probe import AudioTrack
from mediaproc.media.sources import Source
from tests.unit.test_remux import INFO, PICTURE

AAC = AudioTrack(index=1, codec="aac", channels=6, sample_rate_hz=48_000, profile="LC")
OPUS = AudioTrack(index=1, codec="opus", channels=6, sample_rate_hz=48_000)


@pytest.mark.parametrize(
    ("picture", "about", "keyframes", "obstacle"),
    [
        ({}, {}, [0.0, 15.0], None),
        ({}, {}, [], None),
        ({"rotation": 90, "display_width": 720, "display_height": 1280}, {}, [], None),
        ({"display_width": 1706}, {}, [], None),
        ({"bitrate_bps": 80_000_000}, {"container": "matroska,webm"}, [], None),
        ({"codec": "hevc", "profile": "Main 10", "pixel_format": "yuv420p10le"}, {}, [], None),
        ({"codec": "av1", "profile": "Main"}, {}, [], None),
        ({"codec": "mpeg4"}, {}, [], "its picture is MPEG-4 Part 2; only H.264, HEVC"),
        ({"codec": "rv40"}, {}, [], "its picture is rv40;"),
        ({"profile": "High 10", "pixel_format": "yuv420p10le"}, {}, [], "its picture is H.264 High 10, yuv420p10le"),
        ({"codec": "hevc", "profile": "Rext", "pixel_format": "yuv444p"}, {}, [], "its picture is HEVC Rext, yuv444p"),
        ({"codec": "hevc", "profile": "Main 10", "pixel_format": "yuv420p10le", "hdr": True}, {}, [], "HDR"),
        ({"interlaced": True}, {}, [], "interlaced"),
        ({}, {"container": "avi"}, [], "a file of this sort (avi) does not say"),
        ({}, {"duration_seconds": 90}, [0.0, 20.0], "up to 70 s apart"),
        ({}, {}, [-0.5, 1.5, 10.0], "trimmed away at its beginning is still in the file"),
    ],
)
def test_what_stands_in_the_way(
    picture: dict[str, Any], about: dict[str, Any], keyframes: list[float], obstacle: str | None
) -> None:
    found = source_copy.obstacle(replace(INFO, video=replace(PICTURE, **picture), **about), keyframes)
    assert found is None if obstacle is None else obstacle in (found or "")


def test_its_one_size_is_its_own() -> None:
    upright = replace(PICTURE, width=1440, height=1080, display_width=1080, display_height=1920, rotation=90)
    (rung,) = ladder.rungs_for(replace(INFO, video=upright), SOURCE_COPY)
    assert (rung.name, rung.width, rung.height, rung.max_bitrate_bps) == ("1080p", 1080, 1920, 2_000_000)


@pytest.mark.parametrize(
    ("sound", "codec", "channels", "line"),
    [
        (AAC, "copy", 6, "Copying video and audio as 720p, without encoding them"),
        (replace(AAC, profile="HE-AAC"), "aac", 2, "audio that is not AAC becomes AAC"),
        (OPUS, "aac", 2, "audio that is not AAC becomes AAC"),
        (None, None, 0, "Copying the video as 720p, without encoding it"),
    ],
)
def test_sound_is_kept_where_it_is_aac(sound: AudioTrack | None, codec: str | None, channels: int, line: str) -> None:
    info = replace(INFO, audio=(sound,) if sound else ())
    arguments = source_copy.copy_arguments(info, source=Source("clip.mp4"), preset=SOURCE_COPY)
    assert arguments.count("-i") == 1
    assert arguments[arguments.index("-c:v") + 1] == "copy"
    assert (arguments[arguments.index("-c:a") + 1] if "-c:a" in arguments else None) == codec
    assert [source_copy.output_channels(info, kept, SOURCE_COPY) for kept in tracks.selected_audio(info)] == [channels][
        : bool(sound)
    ]
    assert source_copy.summary(info, SOURCE_COPY).endswith(line)


def test_players_of_apple_find_hevc_under_the_tag_they_take() -> None:
    info = replace(INFO, video=replace(PICTURE, codec="hevc", profile="Main"))
    arguments = source_copy.copy_arguments(info, source=Source("clip.mp4"), preset=SOURCE_COPY)
    assert arguments[arguments.index("-tag:v") + 1] == "hvc1"
