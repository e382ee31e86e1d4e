"""Stills, late tracks, clocks that jump and coarse clocks: segments, playlist and MP4 have every frame in its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from mediaproc.media.chunks import chunk_of
from mediaproc.media.mp4 import boxes, trun
from mediaproc.media.presets import SOURCE_COPY, WEB
from mediaproc.media.segment_edges import edges_up_to
from testing import clips, local_output, sync
from testing.local_output import LocalOutput, LocalRendition
from testing.sync import X264

FAST = replace(WEB, encoder_preset="ultrafast")
TS = (*X264, "-f", "mpegts")
STILL = ",select='lt(t,2.5)+gt(t,12.5)'"
VFR = ("-fps_mode", "vfr", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac")

Make = Callable[..., LocalOutput]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make a source into an output."""
    return lambda path, preset=FAST, **options: local_output.process(
        path, tmp_path / "made", monkeypatch, preset=preset, **options
    )


def assert_segments_follow(rendition: LocalRendition) -> None:
    """Each EXTINF is the time until the next segment begins, so that their sum does not drift."""
    for (start, after), seconds in zip(pairwise(rendition.starts), rendition.durations, strict=False):
        assert seconds == pytest.approx(after - start, abs=1e-9)


def frame_ends(rendition: LocalRendition) -> list[tuple[int, int]]:
    """When each frame is shown and when it ends, in ticks, in the order in which they are shown."""
    found: list[tuple[int, int]] = []
    for segment in rendition.segments:
        run = trun.run_of(segment)
        lasting = trun.durations(run, 0)
        shown = trun.presentation_times(run.samples, lasting, boxes.decode_time_of(segment))
        found += [(at, at + ticks) for at, ticks in zip(shown, lasting, strict=True)]
    return sorted(found)


# 1: stills --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["encode", "instant", "copy"])
def test_a_still_longer_than_a_segment_counts(tmp_path: Path, made: Make, kind: str) -> None:
    source = sync.make(tmp_path / "still.mp4", *VFR, seconds=16, more=STILL)
    output = made(source, SOURCE_COPY if kind == "copy" else FAST, instant=kind == "instant")
    assert output.video.end == pytest.approx(16, abs=0.05)
    assert_segments_follow(output.video)
    frames = sync.frame_times(source)
    for file in (output.playlist, output.mp4):
        assert sync.frame_times(file) == pytest.approx(frames, abs=0.002)
        assert sync.offset_seconds(file) <= 0.04


@pytest.mark.parametrize("preset", [FAST, SOURCE_COPY])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_one_frame_is_held_until_the_audio_ends(tmp_path: Path, made: Make, suffix: str, preset: object) -> None:
    source = sync.make(tmp_path / f"one.{suffix}", seconds=0.04, audio_seconds=8)
    output = made(source, preset)
    assert output.video.frames == 1
    assert output.video.durations == pytest.approx([8], abs=0.05)
    assert output.audio[0].end == pytest.approx(8, abs=0.05)
    assert float(clips.ffprobe(output.mp4)["streams"][0]["duration"]) == pytest.approx(8, abs=0.05)


def test_frames_of_an_uneven_rate_last_until_the_next_one_is_shown(tmp_path: Path, made: Make) -> None:
    source = sync.make(tmp_path / "uneven.mp4", *VFR, seconds=8, more=",select='not(mod(n,7))+lt(mod(n,50),9)'")
    output = made(source)
    assert output.info.video.variable_frame_rate
    ends = frame_ends(output.video)
    assert all(end == after for (_, end), (after, _) in pairwise(ends))
    assert boxes.media_time_of(output.video.init[boxes.locate(output.video.init, "moov").offset :]) == 0


def test_a_frame_before_a_chunk_lasts_until_the_next_chunk_begins(tmp_path: Path, made: Make) -> None:
    source = sync.make(tmp_path / "gap.mkv", *VFR, "-g", "25", seconds=16, more=",select='lt(t,7.2)+gt(t,9.6)'")
    cut = [
        chunk_of(0, start_seconds=0, length_seconds=8, last=False, segment_seconds=4),
        chunk_of(1, start_seconds=8, length_seconds=8, last=True, segment_seconds=4),
    ]
    output = made(source, chunks=cut)
    assert cut[1].first_segment == edges_up_to(8, 4)
    assert_segments_follow(output.video)
    assert output.video.end == pytest.approx(16, abs=0.05)
    assert output.video.frames == len(sync.frame_times(source))
    assert sync.offset_seconds(output.mp4) <= 0.04


# 2: one origin ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["ts", "mpg", "mkv", "mp4"])
@pytest.mark.parametrize("late", ["video", "audio"])
def test_tracks_that_begin_apart_stay_apart(tmp_path: Path, made: Make, suffix: str, late: str) -> None:
    codecs = ("-c:v", "mpeg2video", "-c:a", "mp2") if suffix == "mpg" else X264
    offset = ("-itsoffset", "0.88")
    before_video, before_audio = (offset, ()) if late == "video" else ((), offset)
    late_file = tmp_path / f"late.{suffix}"
    source = sync.make(late_file, *codecs, before_video=before_video, before_audio=before_audio)
    output = made(source)
    plain = tmp_path / "plain.mkv"
    clips.ffmpeg("-i", str(source), "-fps_mode", "passthrough", "-c:v", "ffv1", "-c:a", "pcm_s16le", str(plain))
    for file in (output.playlist, output.mp4):
        for read in (sync.flashes, sync.beeps):
            assert read(file) == pytest.approx(read(plain), abs=0.025)


# 3: clocks that jump ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", ["0", "30", "3600"])
def test_joined_transport_streams_keep_every_frame_in_step(tmp_path: Path, made: Make, offset: str) -> None:
    first = sync.make(tmp_path / "1.ts", *TS, seconds=4, audio_seconds=3.3)
    second = sync.make(tmp_path / "2.ts", *TS, "-output_ts_offset", offset, seconds=4)
    output = made(sync.joined(tmp_path / "joined.ts", first, second))
    assert output.video.frames == 200
    assert output.video.end == pytest.approx(8, abs=0.1)
    for file in (output.playlist, output.mp4):
        assert len(sync.flashes(file)) == 4
        assert sync.offset_seconds(file) <= 0.04


def test_joined_programme_streams_keep_every_frame_in_step(tmp_path: Path, made: Make) -> None:
    codecs = ("-c:v", "mpeg2video", "-c:a", "mp2", "-f", "vob")
    parts = [sync.make(tmp_path / f"{number}.vob", *codecs, seconds=4) for number in range(2)]
    output = made(sync.joined(tmp_path / "joined.vob", *parts))
    assert output.video.frames >= 199  # plain FFmpeg loses the first frame of the second part
    assert output.video.end == pytest.approx(8, abs=0.1)
    assert sync.offset_seconds(output.mp4) <= 0.04


# C1: coarse clocks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["mkv", "webm", "flv"])
@pytest.mark.parametrize("rate", ["24000/1001", "30000/1001", "60000/1001", "60"])
def test_an_even_rate_on_a_millisecond_clock_is_exact(tmp_path: Path, made: Make, suffix: str, rate: str) -> None:
    codecs = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")
    source = sync.make(tmp_path / f"even.{suffix}", *(codecs if suffix == "webm" else X264), seconds=3, rate=rate)
    output = made(source)
    ends = frame_ends(output.video)
    assert len({end - start for start, end in ends}) == 1
    assert all(end == after for (_, end), (after, _) in pairwise(ends))
    assert_segments_follow(output.video)
    assert output.info.video.frame_rate == pytest.approx(float(Fraction(rate)), rel=1e-9)


def test_a_rate_with_jitter_becomes_exact(tmp_path: Path, made: Make) -> None:
    """As phones record: frames come a few milliseconds early or late."""
    clock = ("-fps_mode", "vfr", "-enc_time_base", "1/90000", "-video_track_timescale", "90000")
    jitter = ",settb=1/90000,setpts='PTS+(random(1)-0.5)*500'"
    source = sync.make(tmp_path / "phone.mp4", *X264, "-bf", "0", *clock, seconds=6, rate="30", more=jitter)
    output = made(source)
    assert output.video.frames == 180
    ends = frame_ends(output.video)
    assert len({end - start for start, end in ends[:-1]}) == 1
    assert sync.frame_times(output.mp4) == pytest.approx(sync.frame_times(source), abs=0.012)


def test_an_even_rate_that_is_copied_is_exact(tmp_path: Path, made: Make) -> None:
    codecs = ("-c:v", "libx264", "-preset", "veryfast", "-g", "48", "-c:a", "aac")
    source = sync.make(tmp_path / "even.mkv", *codecs, seconds=5, rate="24000/1001")
    for instant in (True, False):
        output = made(source, FAST if instant else SOURCE_COPY, instant=instant)
        assert len({end - start for start, end in frame_ends(output.video)}) == 1
        assert_segments_follow(output.video)
        assert_segments_follow(output.audio[0])
        for video, audio in zip(output.video.starts[1:], output.audio[0].starts[1:], strict=True):
            assert audio == pytest.approx(video + 1024 / 48_000, abs=0.011)
