"""Storyboard: thumbnails of a video in sprite sheets, a WebVTT that maps times to them, and a strip for hovering.

They are keyframes of the smallest rung, one per chosen segment, so little is read and little is decoded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from mediaproc.media import layout
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, OWN_DEMUXERS, filter_threads
from mediaproc.media.filters import hdr
from mediaproc.media.filters.graph import chain_text
from mediaproc.media.sources import Source, input_arguments

VTT_MIME_TYPE = "text/vtt"

TILE_SIDE = 256
"""Long side of a tile in pixels: sharp at the 180 px that players show, 7 KB as JPEG."""

COLUMNS, ROWS = 5, 5
"""Tiles of a full sheet: 1280×720 for 16:9, about 150 KB, so hovering anywhere loads little."""

MAX_TILES = 300
"""One tile in 24 s of a two-hour video, one per segment of a ten-minute video."""

PREVIEW_WIDTH, PREVIEW_HEIGHT = 320, 180
PREVIEW_TILES = 10


@dataclass(frozen=True)
class Storyboard:
    """Grid of a storyboard, in pixels and tiles, and the time at which each tile begins."""

    tile_width: int
    tile_height: int
    columns: int
    rows: int
    starts_seconds: tuple[float, ...]

    @property
    def sheets(self) -> int:
        """Number of sprite sheets."""
        return math.ceil(len(self.starts_seconds) / (self.columns * self.rows))

    @property
    def preview(self) -> tuple[int, ...]:
        """Numbers of the tiles in the strip, spread evenly."""
        tiles = len(self.starts_seconds)
        count = min(PREVIEW_TILES, tiles)
        return tuple(place * tiles // count for place in range(count))


def tile_segments(segments: int) -> range:
    """Return the places of the segments, out of `segments`, whose first frames become tiles."""
    return range(0, segments, math.ceil(segments / MAX_TILES))


def storyboard_for(width: int, height: int, durations: Sequence[float], *, start_seconds: float = 0.0) -> Storyboard:
    """Return the storyboard of a rung of this size with segments of these durations. There must be at least one.

    `start_seconds` is when the first one begins: video may begin after the audio.
    """
    chosen = tile_segments(len(durations))
    starts = list(accumulate(durations, initial=start_seconds))
    tile_width, tile_height = tile_size(width, height)
    columns = min(COLUMNS, len(chosen))
    return Storyboard(
        tile_width=tile_width,
        tile_height=tile_height,
        columns=columns,
        rows=min(ROWS, math.ceil(len(chosen) / columns)),
        starts_seconds=tuple(round(starts[number], 3) for number in chosen),
    )


def tile_size(width: int, height: int) -> tuple[int, int]:
    """Return an even width and height with `TILE_SIDE` as the long side, or less if the video is smaller."""
    scale = min(1.0, TILE_SIDE / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def arguments(board: Storyboard, *, video_range: str = hdr.SDR) -> list[str]:
    """Return a command that tiles the frames in `layout.STILLS` into sheets, and some into the strip, always SDR."""
    chosen = "+".join(f"eq(n,{number})" for number in board.preview)
    filters = (
        f"[0:v:0]{chain_text(hdr.tone_mapping_of_range(video_range))}split=2[all][some];"
        f"[all]scale={board.tile_width}:{board.tile_height}:out_range=pc,setsar=1,format=yuv420p,"  # JPEG: full range
        f"tile={board.columns}x{board.rows}[sheets];"
        f"[some]select='{chosen}',"
        # As a card shows the poster: filled, with the excess at the sides cut off.
        f"scale={PREVIEW_WIDTH}:{PREVIEW_HEIGHT}:force_original_aspect_ratio=increase:out_range=pc,"
        f"crop={PREVIEW_WIDTH}:{PREVIEW_HEIGHT},setsar=1,format=yuv420p,"
        f"tile=1x{len(board.preview)}[strip]"
    )
    return [
        *GLOBAL_ARGUMENTS,
        *("-threads", "1"),  # it runs beside encodes
        *input_arguments(Source(layout.STILLS), demuxers=OWN_DEMUXERS),
        *filter_threads(1),
        *("-filter_complex", filters),
        *_jpeg("[sheets]"),
        *("-start_number", "0"),
        layout.STORYBOARD_SHEETS,
        *_jpeg("[strip]"),
        *("-update", "1"),  # one file, not a numbered series
        layout.PREVIEW,
    ]


def vtt(board: Storyboard, sheets: Sequence[str], *, end_seconds: float) -> str:
    """Return WebVTT with a cue per tile: its sheet's URL and its area in it (Media Fragments, `#xywh=`)."""
    ends = [*board.starts_seconds[1:], max(end_seconds, board.starts_seconds[-1] + 0.001)]
    lines = ["WEBVTT", ""]
    for place, (start, end) in enumerate(zip(board.starts_seconds, ends, strict=True)):
        sheet, cell = divmod(place, board.columns * board.rows)
        row, column = divmod(cell, board.columns)
        area = f"{column * board.tile_width},{row * board.tile_height},{board.tile_width},{board.tile_height}"
        lines += [f"{_time(start)} --> {_time(end)}", f"{sheets[sheet]}#xywh={area}", ""]
    return "\n".join(lines)


def _jpeg(output: str) -> list[str]:
    return [
        *("-map", output),
        *("-fps_mode", "passthrough"),  # one image per frame, whatever the time between them
        *("-q:v", "5"),  # mjpeg's 2–31; thumbnails can be coarser than posters
        *("-map_metadata", "-1"),
        *("-f", "image2"),
    ]


def _time(seconds: float) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{milliseconds:03}"
