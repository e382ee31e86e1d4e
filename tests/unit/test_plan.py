"""Where a source is cut into chunks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from mediaproc.media import segment_edges
from mediaproc.media.chunks import chunk_of, chunks_for
from mediaproc.media.presets import WEB
from mediaproc.media.probe import MediaInfo, VideoTrack

VIDEO = VideoTrack(0, "h264", 1280, 720, 1280, 720, Fraction(25), "yuv420p", 8, 0, False, False)


def info(seconds: float, **video: object) -> MediaInfo:
    return MediaInfo("mov,mp4", seconds, 10**8, 10**6, replace(VIDEO, **video))  # type: ignore[arg-type]


def every(seconds: float, until: float) -> list[float]:
    return [number * seconds for number in range(int(until / seconds) + 1) if number * seconds < until]


@pytest.mark.parametrize(
    ("seconds", "keyframes"),
    [
        (45, every(2, 45)),
        (3600, []),
        (3600, [0.0]),
        (60, [0.0, 1.0]),
    ],
)  # fmt: skip
def test_what_is_short_or_has_no_keyframes_to_enter_by_stays_whole(seconds: float, keyframes: list[float]) -> None:
    (only,) = chunks_for(info(seconds), WEB, keyframes)
    assert (only.start_seconds, only.end_seconds, only.segments) == (0, None, None)


def test_fields_stay_whole_and_frames_that_are_left_out_do_not() -> None:
    assert len(chunks_for(info(600, interlaced=True), WEB, every(2, 600))) == 1
    assert len(chunks_for(info(600, frame_rate=Fraction(120)), WEB, every(2, 600))) > 1


@pytest.mark.parametrize("gop", [0.04, 0.5, 2, 5, 10, 12.5])
@pytest.mark.parametrize("seconds", [46, 60, 61.7, 100, 3600, 7201.3])
def test_chunks_join_without_gap_on_segment_edges(gop: float, seconds: float) -> None:
    chunks = chunks_for(info(seconds), WEB, every(gop, seconds))
    assert chunks[0].start_seconds == 0
    assert chunks[-1].end_seconds is None
    for before, after in pairwise(chunks):
        assert before.end_seconds == after.start_seconds
        assert after.start_seconds % WEB.segment_seconds == 0
        assert before.first_segment + (before.segments or 0) == after.first_segment
        assert 20 <= before.length_seconds <= 44
        assert after.first_segment == segment_edges.edges_up_to(after.start_seconds, WEB.segment_seconds)
    assert sum(chunk.length_seconds for chunk in chunks) == pytest.approx(seconds)
    assert seconds <= 45 or len(chunks) > 1 or gop > 10


@pytest.mark.parametrize("seconds", [46, 60, 75, 80, 100, 127.5, 165, 610, 3615])
def test_chunks_are_equally_long_so_that_those_who_share_a_file_end_together(seconds: float) -> None:
    lengths = [chunk.length_seconds for chunk in chunks_for(info(seconds), WEB, every(2, seconds))]
    assert max(lengths) - min(lengths) <= WEB.segment_seconds + 1


def test_a_chunk_begins_where_little_is_decoded_in_vain() -> None:
    keyframes = every(7, 300)
    for chunk in chunks_for(info(300), WEB, keyframes)[1:]:
        assert chunk.start_seconds - max(at for at in keyframes if at <= chunk.start_seconds) <= 3


def test_each_chunk_has_a_keyframe_of_its_own() -> None:
    keyframes = [0.0, 30.0, 61.0, 200.0, 230.0, 262.0]
    chunks = chunks_for(info(280), WEB, keyframes)
    for chunk in chunks:
        end = 280 if chunk.end_seconds is None else chunk.end_seconds
        assert any(chunk.start_seconds - 7 <= at < end for at in keyframes)


def test_a_chunk_is_found_again_from_what_is_kept() -> None:
    for chunk in chunks_for(info(100), WEB, every(2, 100)):
        again = chunk_of(
            chunk.number,
            start_seconds=chunk.start_seconds,
            length_seconds=chunk.length_seconds,
            last=chunk.end_seconds is None,
            segment_seconds=WEB.segment_seconds,
        )
        assert again == chunk
