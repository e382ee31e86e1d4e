"""Which rungs a source gets, source by source."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from mediaproc.media import ladder, preset_request, presets
from mediaproc.media.probe import MediaInfo, VideoTrack
from mediaproc.media.refusals import BeyondLimits


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
        (720, 1600, ["900p 720x1600", "720p 576x1280", "480p 384x854"]),
        (1728, 720, ["972p 1728x720", "720p 1280x534", "480p 854x356"]),
        (480, 1040, ["585p 480x1040", "480p 394x854"]),
        (1100, 400, ["619p 1100x400", "480p 854x310"]),
        (640, 268, ["360p 640x268"]),
        (4096, 100, ["1080p 1920x46", "720p 1280x32", "480p 854x20"]),
    ],
)
def test_rungs(width: int, height: int, expected: list[str]) -> None:
    rungs = ladder.rungs_for(source(width, height), presets.WEB)
    assert [f"{rung.name} {rung.width}x{rung.height}" for rung in rungs] == expected


TEAMS_OWN = [[2160, 1440, 1080, 720, 480, 144], [722, 720, 718, 146, 144], [1200, 900], [1000], [150, 148, 146, 144]]
"""The heights of ladders that a team may ask for."""

LADDERS = {preset.name: preset for preset in presets.PRESETS.values() if preset.rungs} | {
    str(heights): preset_request.Recipe.model_validate(
        {"title": "Own", "rungs": [{"height": height} for height in heights]}
    ).preset(name="own", version=1)
    for heights in TEAMS_OWN
}

SHORT_SIDES = [
    *(1, 2, 3, 30, 143, 359, 500, 799, 1000, 1300, 2161),
    *sorted({target.short_side + off for preset in LADDERS.values() for target in preset.rungs for off in (0, 1)}),
]


@pytest.mark.parametrize("preset", LADDERS.values(), ids=list(LADDERS))
def test_every_size_gets_a_ladder_of_its_own_that_falls(preset: presets.Preset) -> None:
    """Whatever the source: each name once, each rung smaller than the one before, even, and none enlarged."""
    for short in SHORT_SIDES:
        for long in sorted({short, short + 1, *range(short, 4100, 487), *range(1024, 1940, 211)}):
            if long >= short:
                _assert_a_ladder(preset, long, short)
                _assert_a_ladder(preset, short, long)


def _assert_a_ladder(preset: presets.Preset, width: int, height: int) -> None:
    if preset.codec == "hevc" and min(width, height) < 64:
        return
    rungs = ladder.rungs_for(source(width, height), preset)
    seen = f"{width}x{height}: " + ", ".join(f"{rung.name} {rung.width}x{rung.height}" for rung in rungs)
    assert rungs, seen
    heights = [int(rung.name.removesuffix("p")) for rung in rungs]
    assert heights == sorted(set(heights), reverse=True), seen
    for above, below in pairwise(rungs):
        assert above.width >= below.width, seen
        assert above.height >= below.height, seen
        assert (above.width, above.height) != (below.width, below.height), seen
        assert above.max_bitrate_bps >= below.max_bitrate_bps, seen
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0, seen
        assert rung.width <= max(2, width), seen
        assert rung.height <= max(2, height), seen


@pytest.mark.parametrize(
    ("frame_rate", "made"),
    [(24, 24), (Fraction(30000, 1001), Fraction(30000, 1001)), (60, 60), (120, 60), (240, 60), (0, 0)],
)
def test_frame_rates_are_kept_up_to_the_cap(frame_rate: Fraction | int, made: Fraction | int) -> None:
    assert ladder.rungs_for(source(1280, 720, frame_rate=frame_rate), presets.WEB)[0].frame_rate == made


def test_what_is_too_small_for_a_codec_is_left_out_or_refused() -> None:
    hevc = presets.PRESETS["web-hevc"]
    assert [rung.name for rung in ladder.rungs_for(source(1920, 20), hevc)] == ["1080p"]
    with pytest.raises(BeyondLimits, match="too small for HEVC: 2×2; the minimum is 16×16"):
        ladder.rungs_for(source(2, 2), hevc)


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
