"""Which sources are played as they are, and how they are copied."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from mediaproc.media import presets
from mediaproc.media.commands import remux
from mediaproc.media.probe import AudioTrack, MediaInfo, VideoTrack
from mediaproc.media.sources import Source

PICTURE = VideoTrack(
    index=0, codec="h264", width=1280, height=720, display_width=1280, display_height=720, frame_rate=Fraction(25),
    pixel_format="yuv420p", bit_depth=8, rotation=0, interlaced=False, hdr=False, profile="High", bitrate_bps=2_000_000,
)  # fmt: skip
INFO = MediaInfo(
    container="mov,mp4,m4a,3gp,3g2,mj2", duration_seconds=20, size_bytes=9, bitrate_bps=2_100_000, video=PICTURE
)
SOUND = AudioTrack(index=1, codec="opus", channels=2, sample_rate_hz=48_000)


@pytest.mark.parametrize(
    ("picture", "about", "keyframes", "plays"),
    [
        ({}, {}, [0.0, 10.0], True),
        ({}, {}, [], True),
        ({"profile": "Constrained Baseline"}, {"audio": (SOUND,)}, [], True),
        ({}, {"container": "matroska,webm"}, [], True),
        ({}, {"container": "avi"}, [], False),
        ({"codec": "hevc"}, {}, [], False),
        ({"profile": "High 10", "pixel_format": "yuv420p10le"}, {}, [], False),
        ({"profile": "High 4:4:4 Predictive", "pixel_format": "yuv444p"}, {}, [], False),
        ({"interlaced": True}, {}, [], False),
        ({"rotation": 180}, {}, [], False),
        ({"display_width": 1706}, {}, [], False),
        ({"width": 7680, "display_width": 7680, "height": 4320, "display_height": 4320}, {}, [], False),
        ({"bitrate_bps": 80_000_000}, {}, [], False),
        ({}, {}, [0.0], False),
        ({}, {}, [0.0, 13.0], False),
        ({}, {}, [-0.32, 1.5, 10.0], False),
        ({}, {}, [-0.001, 9.0], True),
    ],
)
def test_a_source_plays_as_it_is(
    picture: dict[str, Any], about: dict[str, Any], keyframes: list[float], plays: bool
) -> None:
    info = replace(INFO, video=replace(PICTURE, **picture), **about)
    assert remux.plays_as_it_is(info, keyframes) is plays


def test_the_picture_is_copied_and_the_sound_encoded_from_one_reading() -> None:
    info = replace(INFO, audio=(SOUND,))
    arguments = remux.copy_arguments(info, source=Source("clip.mp4"), preset=presets.WEB)
    assert arguments.count("-i") == 1
    assert arguments[arguments.index("-c:v") + 1] == "copy"
    assert arguments[arguments.index("-c:a") + 1] == "aac"
    assert {"instant.cmaf", "audio.cmaf"} <= set(arguments)
    silent = remux.copy_arguments(INFO, source=Source("clip.mp4"), preset=presets.WEB)
    assert "audio.cmaf" not in silent
