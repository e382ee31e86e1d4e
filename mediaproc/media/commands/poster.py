"""Poster command: takes one frame as a JPEG and prints its brightness, so that a dark or flat frame can be rejected."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mediaproc.media import layout
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, filter_threads
from mediaproc.media.edits import NO_EDITS, Edits, video_filters
from mediaproc.media.filters import hdr, overlay, scale
from mediaproc.media.filters.graph import chain_text
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_arguments, option_arguments

POSITIONS = (0.1, 0.3, 0.5, 0.8)
"""Fractions of the duration that are tried in order until a frame is not blank."""

_MIN_MEAN = 28
_MIN_CONTRAST = 12
_MAX_SIDE = 1280
_THUMBNAIL_FRAMES = 24


@dataclass(frozen=True)
class Stats:
    """Luma of a frame in full range, 0–255: its mean, and the levels that nine tenths are above and below."""

    mean: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def shows_something(self) -> bool:
        """True if the frame is neither black nor of a single colour."""
        return self.mean >= _MIN_MEAN and self.high - self.low >= _MIN_CONTRAST


def parse_stats(output: str) -> Stats:
    """Parse what `signalstats,metadata=print` wrote for one frame."""
    found = {name: float(value) for name, value in re.findall(r"lavfi\.signalstats\.(\w+)=(-?[0-9.]+)", output)}
    return Stats(mean=found.get("YAVG", 0.0), low=found.get("YLOW", 0.0), high=found.get("YHIGH", 0.0))


def arguments(
    info: MediaInfo, *, source: Source, at_fraction: float, threads: int, edits: Edits = NO_EDITS
) -> list[str]:
    """Return a command that writes one frame near `at_fraction` of the duration, edited as the video is.

    It prints the frame's brightness, without the watermark; see `parse_stats`.
    """
    seconds = edits.start_seconds + info.duration_seconds * at_fraction
    return [
        *GLOBAL_ARGUMENTS,
        *("-ss", f"{seconds:.3f}"),  # before -i: seeks, decodes nothing on the way
        *filter_threads(threads),
        *("-threads", str(threads)),
        *option_arguments(scale.decoder_options(info)),
        *input_arguments(source),
        *_frame(info, edits),
        *("-frames:v", "1"),
        *("-q:v", "4"),  # mjpeg's 2–31; 4 is about 150 KB at 1280×720
        *("-map_metadata", "-1"),  # the place of recording is private
        *("-f", "image2"),
        *("-update", "1"),  # one file, not a numbered series
        layout.POSTER,
    ]


def size_of(width: int, height: int) -> tuple[int, int]:
    """Return the poster's width and height for a display size: at most 1280 on the long side, even."""
    factor = min(1.0, _MAX_SIDE / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def _frame(info: MediaInfo, edits: Edits) -> tuple[str, ...]:
    video = info.video
    width, height = size_of(video.display_width, video.display_height)
    first = [
        *scale.matrix_filters(video),
        *video_filters(edits),
        *scale.alpha_filters(video),
        *hdr.tone_mapping_filters(video),
    ]
    chain = (
        f"thumbnail=n={_THUMBNAIL_FRAMES},"  # of this many frames the one nearest to their mean histogram
        f"{chain_text(first)}"
        f"scale={width}:{height}:out_range=pc,setsar=1,format=yuv420p,"  # JPEG is full range
        "signalstats,metadata=mode=print:file=-"  # brightness, to standard output
    )
    if edits.watermark is None:
        return ("-map", f"0:{video.index}", "-filter:v", chain)
    mark = chain_text(overlay.watermark_filters(edits.watermark, width, height, range="pc"))
    place = ":".join(f"{name}={value}" for name, value in overlay.position(edits.watermark, width, height).items())
    graph = f"[0:{video.index}]{chain}[poster];[1:v:0]{mark}null[mark];[poster][mark]overlay={place}[marked]"
    return (*overlay.watermark_arguments(), "-filter_complex", graph, "-map", "[marked]")
