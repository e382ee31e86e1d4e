"""Which rungs a source gets, source by source."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.media import ladder, presets
from mediaproc.media.probe import MediaInfo, VideoTrack


def source(width: int, height: int, *, frame_rate: Fraction | int = 30) -> MediaInfo:
    track = VideoTrack(
        index=0, codec="h264", width=width, height=height, display_width=width, display_height=height,
        frame_rate=Fraction(frame_rate), pixel_format="yuv420p", bit_depth=8, rotation=0, interlaced=False, hdr=False,
    )  # fmt: skip
    return MediaInfo(container="mp4", duration_seconds=10, size_bytes=1, bitrate_bps=1, video=track)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (3840, 2160, ["1080p 1920x1080", "720p 1280x720", "480p 854x480"]),
        (1920, 1080, ["1080p 1920x1080", "720p 1280x720", "480p 854x480"]),
        (1080, 1920, ["1080p 1080x1920", "720p 720x1280", "480p 480x854"]),
        (1280, 720, ["720p 1280x720", "480p 854x480"]),
        (1920, 800, ["1080p 1920x800", "720p 1280x534", "480p 854x356"]),
        (1440, 1080, ["1080p 1440x1080", "720p 960x720", "480p 640x480"]),
        (1080, 1080, ["1080p 1080x1080", "720p 720x720", "480p 480x480"]),
        (1600, 900, ["900p 1600x900", "720p 1280x720", "480p 854x480"]),
        (1366, 768, ["720p 1280x720", "480p 854x480"]),
        (1000, 562, ["480p 854x480"]),
        (854, 480, ["480p 854x480"]),
        (853, 480, ["480p 852x480"]),
        (640, 360, ["360p 640x360"]),
        (641, 361, ["361p 640x360"]),
        (176, 144, ["144p 176x144"]),
        (2, 2, ["2p 2x2"]),
        (1, 1, ["1p 2x2"]),
        (1921, 1081, ["1080p 1920x1080", "720p 1280x720", "480p 852x480"]),
        (4096, 100, ["1080p 1920x46", "720p 1280x32", "480p 854x20"]),
    ],
)
def test_rungs(width: int, height: int, expected: list[str]) -> None:
    rungs = ladder.rungs_for(source(width, height), presets.WEB)
    assert [f"{rung.name} {rung.width}x{rung.height}" for rung in rungs] == expected


@pytest.mark.parametrize("width", [*range(2, 200, 7), *range(200, 4100, 97)])
@pytest.mark.parametrize("aspect", [Fraction(16, 9), Fraction(9, 16), Fraction(1), Fraction(239, 100)])
def test_no_rung_is_odd_or_larger_than_the_source(width: int, aspect: Fraction) -> None:
    height = max(2, round(width / aspect))
    rungs = ladder.rungs_for(source(width, height), presets.WEB)
    assert rungs
    assert len({rung.name for rung in rungs}) == len(rungs)
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert rung.width <= width
        assert rung.height <= height


@pytest.mark.parametrize(
    ("frame_rate", "made"),
    [(24, 24), (Fraction(30000, 1001), Fraction(30000, 1001)), (60, 60), (120, 60), (240, 60), (0, 0)],
)
def test_frame_rates_are_kept_up_to_the_cap(frame_rate: Fraction | int, made: Fraction | int) -> None:
    assert ladder.rungs_for(source(1280, 720, frame_rate=frame_rate), presets.WEB)[0].frame_rate == made


def test_sixty_a_second_may_cost_more_than_thirty() -> None:
    slow, fast = (ladder.rungs_for(source(1920, 1080, frame_rate=rate), presets.WEB)[0] for rate in (30, 60))
    assert (slow.max_bitrate_bps, fast.max_bitrate_bps) == (6_000_000, 9_000_000)
    assert (slow.level, fast.level) == ("4.0", "4.2")


def test_the_sample_aspect_counts() -> None:
    anamorphic = source(1440, 1080)
    shown = replace(anamorphic, video=replace(anamorphic.video, display_width=1920))
    assert ladder.rungs_for(shown, presets.WEB)[0].width == 1920


def test_a_preset_says_what_it_makes() -> None:
    said = presets.WEB.to_json()
    assert (said["name"], said["version"]) == ("web", 1)
    assert [rung["name"] for rung in said["rungs"]] == ["1080p", "720p", "480p"]
    assert presets.PRESETS["web"] is presets.WEB
