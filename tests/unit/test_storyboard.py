"""Storyboards: which frames, in which grid, said how; and a segment's first frame alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mediaproc.media import ladder, layout, presets, storyboard
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.mp4.first_frame import first_frame
from mediaproc.media.mp4.segmenter import Segmenter
from mediaproc.media.sources import Source
from testing import clips


@pytest.mark.parametrize(
    ("segments", "tiles", "sheets", "grid"),
    [(1, 1, 1, (1, 1)), (4, 4, 1, (4, 1)), (7, 7, 1, (5, 2)), (26, 26, 2, (5, 5)), (300, 300, 12, (5, 5)),
     (301, 151, 7, (5, 5)), (1800, 300, 12, (5, 5))],
)  # fmt: skip
def test_a_grid_is_as_large_as_needed(segments: int, tiles: int, sheets: int, grid: tuple[int, int]) -> None:
    board = storyboard.storyboard_for(854, 480, [4.0] * segments)
    assert (len(board.starts_seconds), board.sheets, (board.columns, board.rows)) == (tiles, sheets, grid)
    assert len(set(board.preview)) == len(board.preview) == min(10, tiles)
    assert max(board.preview) < tiles


@pytest.mark.parametrize(
    ("width", "height", "tile"),
    [(854, 480, (256, 144)), (480, 854, (144, 256)), (100, 60, (100, 60)), (4000, 2, (256, 2))],
)
def test_a_tile_has_the_shape_of_the_picture(width: int, height: int, tile: tuple[int, int]) -> None:
    assert storyboard.tile_size(width, height) == tile


def test_the_cues_say_where_each_moment_stands() -> None:
    board = storyboard.storyboard_for(854, 480, [1.0, 1.0, 2.0, *[4.0] * 24])
    lines = storyboard.vtt(board, ["a.jpg?s=1", "b.jpg?s=2"], end_seconds=3700.25).splitlines()
    assert lines[:4] == ["WEBVTT", "", "00:00:00.000 --> 00:00:01.000", "a.jpg?s=1#xywh=0,0,256,144"]
    at = lines.index("00:00:16.000 --> 00:00:20.000")
    assert lines[at + 1] == "a.jpg?s=1#xywh=256,144,256,144"
    assert lines[-2:] == ["00:01:36.000 --> 01:01:40.250", "b.jpg?s=2#xywh=256,0,256,144"]


@pytest.mark.parametrize("rate", ["25", "1"])
def test_the_first_frame_of_a_segment_is_a_segment_of_its_own(tmp_path: Path, rate: str) -> None:
    """Of a segment with one frame, too: FFmpeg then says its size elsewhere."""
    source = clips.make(tmp_path / "source.mp4", seconds=5, rate=rate, audio=None)
    info = clips.probed(source)
    rungs = ladder.rungs_for(info, presets.WEB)
    encode = encode_arguments(info, source=Source(str(source)), preset=presets.WEB, rungs=rungs, threads=1)
    subprocess.run([clips.FFMPEG, *encode], cwd=tmp_path, check=True, capture_output=True)
    whole = (tmp_path / layout.whole(rungs[-1].name)).read_bytes()
    followed = Segmenter()
    cuts = followed.closed_segments(lambda at, size: whole[at : at + size], len(whole))
    segments = [whole[cut.offset : cut.offset + cut.size_bytes] for cut in cuts]
    stills = [first_frame(each).alone(each[: first_frame(each).end]) for each in segments]
    (tmp_path / layout.STILLS).write_bytes(whole[: followed.init_bytes] + b"".join(stills))
    assert clips.decode(tmp_path / layout.STILLS).frames == len(cuts) > 3
    times = [float(each["pts_time"]) for each in clips.ffprobe(tmp_path / layout.STILLS, "-show_packets")["packets"]]
    assert times == pytest.approx(clips.keyframe_times(tmp_path / layout.whole(rungs[-1].name)))


def test_what_is_no_segment_is_refused() -> None:
    for bytes_ in (b"", b"\0\0\0\x08free", b"\0\0\x10\0moof\0\0\0\x08traf"):
        with pytest.raises(ValueError, match="moof"):
            first_frame(bytes_)


def test_tiles_of_video_that_begins_after_the_audio_begin_with_it() -> None:
    board = storyboard.storyboard_for(320, 180, [1.0, 2.0], start_seconds=0.9)
    assert board.starts_seconds == (0.9, 1.9)
