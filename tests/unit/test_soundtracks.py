"""Which sound of a source is kept as it is, by what its container says."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.commands.plan import index_of
from mediaproc.media import audio_copy, presets
from mediaproc.media.edits import Edits
from mediaproc.media.mp4 import boxes
from mediaproc.media.presets import WEB
from mediaproc.media.probe import AudioTrack
from testing import clips, damage

FITS = AudioTrack(1, "aac", 2, 44_100, bitrate_bps=160_000, profile="LC", gapless=True)
STEREO = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ac", "2", "-b:a", "128k")


@pytest.mark.parametrize(
    "otherwise",
    [
        {"codec": "opus", "profile": ""},
        {"profile": "HE-AAC"},
        {"channels": 1},
        {"channels": 6},
        {"bitrate_bps": 256_000},
        {"bitrate_bps": 0},
        {"sample_rate_hz": 96_000},
        {"gapless": False},
    ],
)
def test_it_is_kept_where_it_is_what_would_be_made_of_it(otherwise: dict[str, object]) -> None:
    assert audio_copy.is_copied(FITS, WEB)
    assert not audio_copy.is_copied(replace(FITS, **otherwise), WEB)  # type: ignore[arg-type]


def test_it_is_not_kept_where_the_preset_changes_it() -> None:
    loud = replace(WEB, audio=replace(WEB.audio, loudness_lufs=-16.0))
    trimmed = replace(WEB, edits=Edits(start_seconds=1.0))
    for preset in (loud, trimmed, replace(WEB, audio=replace(WEB.audio, codec="libopus")), presets.AUDIO):
        assert not audio_copy.is_copied(FITS, preset)


@pytest.mark.parametrize(("suffix", "more", "gapless"), [
    ("mp4", (), True),
    ("mov", (), True),
    ("mp4", ("-movflags", "+faststart"), True),
    ("mp4", ("-movflags", "+frag_keyframe+empty_moov"), False),
])  # fmt: skip
def test_its_container_must_say_that_it_has_no_gap(
    tmp_path: Path, suffix: str, more: tuple[str, ...], gapless: bool
) -> None:
    assert describe(clips.make(tmp_path / f"clip.{suffix}", size="64x48", encode=(*STEREO, *more))) is gapless


def test_matroska_says_no_such_thing(tmp_path: Path) -> None:
    path = clips.make(tmp_path / "clip.mkv", size="64x48", encode=STEREO)
    info = index_of(path, clips.probed(path)).describe(WEB)
    assert not audio_copy.is_copied(info.audio[0], WEB)


@pytest.mark.parametrize(
    ("filters", "before"),
    [
        (("-af", "aselect='not(between(t,0.5,1))'"), ()),
        ((), ("-itsoffset", "0.4")),
    ],
)
def test_one_with_a_gap_or_a_late_start_is_encoded(
    tmp_path: Path, filters: tuple[str, ...], before: tuple[str, ...]
) -> None:
    sound = ("-f", "lavfi", "-t", "2", "-i", clips.NOISE)
    picture = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2")
    path = tmp_path / "clip.mp4"
    clips.ffmpeg(*picture, *before, *sound, "-pix_fmt", "yuv420p", *filters, *STEREO, str(path))
    assert not describe(path)


def test_one_that_was_trimmed_without_encoding_is_encoded(tmp_path: Path) -> None:
    whole, path = clips.make(tmp_path / "whole.mp4", size="64x48", encode=(*STEREO, "-g", "12")), tmp_path / "clip.mp4"
    clips.ffmpeg("-ss", "0.7", "-i", str(whole), "-c", "copy", str(path))
    hidden = [time for _, time, _ in boxes.edit_list(boxes.track_box(moov_of(path), 1, handler=b"soun"))]
    assert describe(path) == (max(hidden) <= 4800), hidden


def test_damage_never_raises(tmp_path: Path) -> None:
    moov = moov_of(clips.make(tmp_path / "clip.mp4", size="64x48", seconds=0.5, encode=STEREO))
    assert audio_copy.gapless(moov, track=1)
    for spoilt in (*damage.boxes_cut_short(moov), *damage.damaged(moov, random.Random(6), times=2000)):
        audio_copy.gapless(spoilt, track=1)


def describe(path: Path) -> bool:
    """Whether the one sound of a file is known to have no gap."""
    info = index_of(path, clips.probed(path)).describe(WEB)
    assert audio_copy.is_copyable(info.audio[0], WEB), info.audio[0]
    return info.audio[0].gapless


def moov_of(path: Path) -> bytes:
    data = path.read_bytes()
    found = boxes.find_moov(lambda offset, size: data[offset : offset + size], len(data))
    assert found
    return data[found.offset : found.end]
