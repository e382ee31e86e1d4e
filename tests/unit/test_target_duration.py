"""Target duration: constant while a playlist grows, and never below a segment's rounded length."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import m3u8
import pytest

from mediaproc.commands.plan import index_of
from mediaproc.media import chunks, hls, ladder, layout, segment_edges, target_duration
from mediaproc.media.commands import audio, remux, source_copy
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.hls import MediaSegment
from mediaproc.media.mp4.segmenter import Segmenter
from mediaproc.media.presets import AUDIO, SOURCE_COPY, WEB, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from testing import clips
from tests.unit.test_command import INFO, VIDEO

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ac", "2")
GAP = "select='lt(t,3)+gt(t,9.5)'"
"""No frame for six and a half seconds."""
LONG_GOPS = (*H264, "-g", "1000", "-keyint_min", "1000", "-sc_threshold", "0", "-force_key_frames", "1,9,11,18")


def run(arguments: Sequence[str], folder: Path) -> None:
    subprocess.run([clips.FFMPEG, *arguments], cwd=folder, check=True, capture_output=True)


def growing(lengths: Sequence[float], target: int) -> list[m3u8.M3U8]:
    """Every version of a playlist, from one segment to the finished one, as an independent parser reads it."""
    segments = [MediaSegment(f"{number}.m4s", seconds) for number, seconds in enumerate(lengths)]
    texts = [
        hls.media_playlist(segments[:count], init_uri="i.mp4", finished=count > len(segments), target_seconds=target)
        for count in range(1, len(segments) + 2)
    ]
    return [m3u8.loads(text) for text in texts]


def check(lengths: Sequence[float], target: int) -> None:
    """RFC 8216, 4.3.3.1: one target for all versions, and each EXTINF, rounded, is at most the target."""
    versions = growing(lengths, target)
    assert {each.target_duration for each in versions} == {target}
    assert all(int((each.duration or 0) + 0.5) <= target for each in versions[-1].segments), lengths
    assert versions[-1].is_endlist and not versions[0].is_endlist


def described(path: Path, preset: Preset) -> MediaInfo:
    return index_of(path, clips.probed(path)).describe(preset)


def lengths_of(file: Path, *, segment_seconds: int | None) -> list[float]:
    data, followed = file.read_bytes(), Segmenter(segment_seconds=segment_seconds)
    closed = followed.closed_segments(lambda at, size: data[at : at + size], len(data))
    return [each.duration_seconds for each in closed]


@pytest.mark.parametrize("segment_seconds", [2, 4, 6])
def test_an_encode_has_one_target_from_the_first_segment_on(tmp_path: Path, segment_seconds: int) -> None:
    preset = replace(WEB, segment_seconds=segment_seconds, encoder_preset="ultrafast")
    source = clips.make(tmp_path / "source.mp4", seconds=15, size="64x36", rate="25", encode=H264)
    info = described(source, preset)
    rungs = ladder.rungs_for(info, preset)
    run(encode_arguments(info, source=Source(str(source)), preset=preset, rungs=rungs, threads=1), tmp_path)
    target = target_duration.target_seconds(info, preset)
    assert target == segment_seconds
    video = lengths_of(tmp_path / layout.whole(rungs[0].name), segment_seconds=None)
    assert video[0] == pytest.approx(1) and max(video) == pytest.approx(segment_seconds)
    assert len(video) == segment_edges.edges_up_to(14.99, segment_seconds) + 1
    check(video, target)
    check(lengths_of(tmp_path / layout.whole(layout.AUDIO), segment_seconds=segment_seconds), target)


def test_another_segment_length_is_one_value_that_edges_commands_and_chunks_follow() -> None:
    preset = replace(WEB, segment_seconds=6)
    rungs = ladder.rungs_for(INFO, preset)
    command = " ".join(encode_arguments(INFO, source=Source("a"), preset=preset, rungs=rungs, threads=1))
    assert set(re.findall(r"floor\(\(\w+\+0\.0004\)/(\d+)\)", command)) == {"6"}
    cut = chunks.chunks_for(replace(INFO, duration_seconds=120.0), preset, [n * 0.5 for n in range(240)])
    assert len(cut) > 2
    assert {each.start_seconds % 6 for each in cut} == {0}
    assert [each.first_segment for each in cut] == [segment_edges.edges_up_to(each.start_seconds, 6) for each in cut]
    assert sum(each.segments or 0 for each in cut[:-1]) == cut[-1].first_segment
    assert target_duration.target_seconds(INFO, preset) == 6


def test_a_remux_has_one_target_though_long_gops_follow_short_segments(tmp_path: Path) -> None:
    source = clips.make(tmp_path / "source.mp4", seconds=20, size="64x36", rate="25", encode=LONG_GOPS)
    info = described(source, WEB)
    assert info.video.longest_gop_seconds == pytest.approx(8)
    run(remux.copy_arguments(info, source=Source(str(source)), preset=WEB), tmp_path)
    lengths = lengths_of(tmp_path / layout.whole(layout.INSTANT), segment_seconds=WEB.segment_seconds)
    assert lengths[0] == pytest.approx(1) and max(lengths) > 7
    check(lengths, target_duration.target_seconds(info, WEB, instant=True))


def test_a_source_copy_has_one_target_though_long_gops_follow_short_segments(tmp_path: Path) -> None:
    source = clips.make(tmp_path / "source.mkv", seconds=20, size="64x36", rate="25", encode=LONG_GOPS)
    info = described(source, SOURCE_COPY)
    assert info.video.longest_gop_seconds == pytest.approx(8, abs=0.05)
    run(source_copy.copy_arguments(info, source=Source(str(source)), preset=SOURCE_COPY), tmp_path)
    target = target_duration.target_seconds(info, SOURCE_COPY)
    for name in ("36p", layout.AUDIO):
        check(lengths_of(tmp_path / layout.whole(name), segment_seconds=SOURCE_COPY.segment_seconds), target)


def test_unevenly_spaced_frames_make_longer_segments_that_the_target_foresees(tmp_path: Path) -> None:
    source = clips.make(
        tmp_path / "source.mp4", seconds=13, size="64x36", rate="25", encode=("-fps_mode", "vfr", *H264), filters=GAP
    )
    info = described(source, WEB)
    assert info.video.longest_frame_seconds == pytest.approx(6.5, abs=0.1)
    rungs = ladder.rungs_for(info, WEB)
    run(encode_arguments(info, source=Source(str(source)), preset=WEB, rungs=rungs, threads=1), tmp_path)
    lengths = lengths_of(tmp_path / layout.whole(rungs[0].name), segment_seconds=None)
    assert max(lengths) > 4.5
    check(lengths, target_duration.target_seconds(info, WEB))


@pytest.mark.parametrize(
    ("info", "preset", "instant", "target"),
    [
        (INFO, WEB, False, 4),
        (INFO, AUDIO, False, 4),
        (INFO, WEB, True, 16),  # an index that says nothing: the longest GOP that is played at once
        (INFO, SOURCE_COPY, False, 34),
        (replace(INFO, video=replace(VIDEO, longest_gop_seconds=2.0)), WEB, True, 6),
        (replace(INFO, video=replace(VIDEO, longest_gop_seconds=2.0)), SOURCE_COPY, False, 6),
        (replace(INFO, video=replace(VIDEO, longest_frame_seconds=1.7)), WEB, False, 6),
        (replace(INFO, video=replace(VIDEO, frame_rate=Fraction(1))), WEB, False, 5),
        (replace(INFO, video=replace(VIDEO, frame_rate=Fraction(0))), WEB, False, 4),
        (INFO, replace(WEB, frame_rate_cap=1), False, 5),
    ],
)
def test_the_bound_comes_from_the_preset_and_the_index(
    info: MediaInfo, preset: Preset, instant: bool, target: int
) -> None:
    assert target_duration.target_seconds(info, preset, instant=instant) == target


@pytest.mark.parametrize(
    ("seconds", "target"), [(4.0, 4), (4.004, 4), (4.49, 4), (4.5, 5), (4.6, 5), (0.2, 1), (0.0, 1)]
)
def test_durations_are_rounded_halves_up(seconds: float, target: int) -> None:
    assert target_duration.rounded(seconds) == target


def test_media_info_of_before_has_no_bounds() -> None:
    stored = INFO.to_json()
    del stored["video"]["longest_gop_seconds"], stored["video"]["longest_frame_seconds"]
    assert MediaInfo.from_json(stored) == INFO
    assert audio.main_track(MediaInfo.from_json(stored)) is not None
