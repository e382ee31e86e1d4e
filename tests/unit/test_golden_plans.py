"""Golden plans: every FFmpeg command of every preset, and the fingerprints of what they write, as they are committed.

A command that changes shows up here as a difference: in full for one source, as a digest for the others. A changed
fingerprint means that renditions made before are no longer reused, so it should be a decision. `WRITE_GOLDEN=1` writes
the file anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mediaproc.media import chunks, edits, fingerprints
from mediaproc.media.edits import Crop, Edits, Watermark
from mediaproc.media.fingerprints import Inputs
from mediaproc.media.plan import NAMELESS, obstacle, plan_of
from mediaproc.media.presets import PRESETS, WEB, WEB_AV1, WEB_HEVC, ChosenCrf, Preset
from mediaproc.media.probe import AudioTrack, MediaInfo, TextTrack
from mediaproc.media.track_roles import Role
from tests.unit.test_command import INFO, VIDEO

GOLDEN = Path(__file__).parents[1] / "golden/plans.json"

AAC = AudioTrack(0, "aac", 2, 48_000, bitrate_bps=128_000, profile="LC", gapless=True)
TRACKS = replace(
    INFO,
    audio=(
        replace(AAC, language="ger", is_default=True),
        AudioTrack(2, "ac3", 6, 48_000, language="eng", title="Talk", role=Role.COMMENTARY),
        AudioTrack(3, "opus", 1, 48_000, language="fra", role=Role.DESCRIPTION),
    ),
    text=(TextTrack(4, "subrip", "eng"), TextTrack(5, "ass", "ger", role=Role.FORCED)),
)
HDR = replace(VIDEO, hdr=True, transfer="smpte2084", pixel_format="yuv420p10le", bit_depth=10, codec="hevc")
SOURCES: dict[str, MediaInfo] = {
    "plain": INFO,
    "tracks": TRACKS,
    "short": replace(INFO, duration_seconds=20.0, audio=(AAC,)),
    "hdr": replace(INFO, video=HDR),
    "interlaced": replace(INFO, video=replace(VIDEO, interlaced=True, frame_rate=Fraction(30000, 1001))),
    "upright": replace(INFO, video=replace(VIDEO, display_width=720, display_height=1600, rotation=90)),
    "alpha": replace(INFO, video=replace(VIDEO, codec="vp9", alpha=True, frame_rate=Fraction(120))),
    "still": replace(INFO, video=replace(VIDEO, frame_rate=Fraction(0), width=64, display_width=64)),
}
KEYFRAMES = [float(second) for second in range(0, 60, 2)]
_EDITS = {
    "trimmed": Edits(start_seconds=1.5, end_seconds=9.0),
    "shaped": Edits(crop=Crop(0.1, 0.05, 0.0, 0.2), rotate=90, mute=True),
    "marked": Edits(watermark=Watermark("0" * 64), burn_in=True, subtitle_language="de"),
    "turned": Edits(rotate=180, without_subtitles=True),
}
OWN: dict[str, Preset] = {
    **{name: replace(WEB, edits=each) for name, each in _EDITS.items()},
    "hevc-10": replace(WEB_HEVC, bit_depth=10),
    "av1-10": replace(WEB_AV1, bit_depth=10, audio=replace(WEB.audio, channels=6, bitrate_bps=384_000)),
    "target": replace(WEB_HEVC, target_vmaf=93.0),
    "found": replace(WEB, target_vmaf=93.0, chosen=tuple(ChosenCrf(each.name, 30, 93.1) for each in WEB.rungs)),
}


def planned(info: MediaInfo, preset: Preset) -> dict[str, Any]:
    """The commands of one source with one preset, and the fingerprints of its renditions."""
    source = edits.edited(info, preset.edits)
    cut = chunks.chunks_for(source, preset, KEYFRAMES) if preset.rungs else ()
    made = Inputs(etag="abc-2", size_bytes=5, ffmpeg="ffmpeg version 8.0")
    plan = plan_of(source, source=NAMELESS, preset=preset, chunks=cut, threads=2, instant=preset is WEB, measured=True)
    return {
        "rungs": plan.to_json()["rungs"],
        "chunks": plan.to_json()["chunks"],
        "commands": [step.command for step in plan.steps],
        "fingerprints": fingerprints.of_output(made, source, preset, cut),
    }


def everything() -> dict[str, Any]:
    """Presets as they are stored, and plans by source and preset."""
    stored = {f"preset/{key}": preset.to_json() for key, preset in {**PRESETS, **OWN}.items()}
    plans = {
        f"{name}/{key}": planned(info, preset)
        for name, info in SOURCES.items()
        for key, preset in {**PRESETS, **(OWN if name in ("plain", "tracks", "hdr") else {})}.items()
        if obstacle(info, preset, KEYFRAMES) is None
    }
    words = {"title", "description"}  # for people; they make no difference
    kept = {
        key: {name: each for name, each in value.items() if name not in words}
        for key, value in json.loads(json.dumps({**stored, **plans})).items()
    }
    return {key: value if key.startswith(("preset/", "tracks/")) else _digest(value) for key, value in kept.items()}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def test_every_command_and_every_fingerprint_is_as_it_was_committed() -> None:
    made = everything()
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
        pytest.fail("the golden file was written; run again without WRITE_GOLDEN")
    golden = json.loads(GOLDEN.read_text())
    assert made.keys() == golden.keys()
    differing = [key for key in made if made[key] != golden[key]]
    for key in differing[:1]:
        assert made[key] == golden[key], key
    assert not differing
