"""Loop command: cuts a few moments out of the source and writes them as short silent files (MP4, WebP, GIF)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mediaproc.media import codecs, layout
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS, filter_threads
from mediaproc.media.filters import graph, scale
from mediaproc.media.filters.graph import Output, Stream
from mediaproc.media.presets import Loop, LoopFile
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, location

_PRIVATE: dict[str, Any] = {"map_metadata": -1, "map_chapters": -1}
"""The place of recording is private."""


def arguments(info: MediaInfo, *, source: Source, loop: Loop, threads: int) -> list[str]:
    """Return a command that writes the loop's moments, one after another, as every file of the loop."""
    options = scale.decode_options(info, source)
    inputs = [
        graph.open_input(location(source), threads=threads, **options, ss=f"{start:.3f}", t=f"{length:.3f}")
        for start, length in moments(info.duration_seconds, loop)
    ]
    fastest = max(file.frame_rate for file in loop.files)
    shown = [scale.at_frame_rate(each[str(info.video.index)], info, Fraction(fastest)) for each in inputs]
    video = graph.concatenated(shown) if len(shown) > 1 else shown[0]
    copies = graph.split(video, len(loop.files))
    outputs = [_output(copy, info, file, threads) for copy, file in zip(copies, loop.files, strict=True)]
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *filter_threads(threads), *graph.arguments(outputs)]


def moments(duration_seconds: float, loop: Loop) -> list[tuple[float, float]]:
    """Return (start, length) of each moment in seconds: spread evenly, or the beginning if it is a single one."""
    if loop.moments == 1 or duration_seconds <= loop.seconds:
        return [(0.0, loop.seconds)]
    length, room = loop.seconds / loop.moments, duration_seconds / loop.moments
    return [(room * number + (room - length) / 2, length) for number in range(loop.moments)]


def size_of(info: MediaInfo, file: LoopFile) -> tuple[int, int]:
    """Return the width and height of a loop file: even, and never larger than the source."""
    width, height = info.video.display_width, info.video.display_height
    factor = min(1.0, file.long_side / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def _output(video: Stream, info: MediaInfo, file: LoopFile, threads: int) -> Output:
    video = video.filter("fps", file.frame_rate)
    video = scale.fitted(video, info, *size_of(info, file))
    video, options = _ENCODERS[file.encoder](video, file)
    return graph.output(video, layout.file(file.name, file.suffix), threads=threads, **options, **_PRIVATE)


def _mp4(video: Stream, file: LoopFile) -> tuple[Stream, dict[str, Any]]:
    return video, {"c:v": file.encoder, "crf": file.quality, "movflags": "+faststart"}


def _webp(video: Stream, file: LoopFile) -> tuple[Stream, dict[str, Any]]:
    return video, {"c:v": file.encoder, "quality": file.quality, "loop": 0}  # 0: for ever


def _gif(video: Stream, file: LoopFile) -> tuple[Stream, dict[str, Any]]:
    """Weigh the colours of what moves: areas that stay the same cost nothing."""
    colours, frames = graph.split(video, 2)
    palette = colours.filter("palettegen", max_colors=file.quality, stats_mode="diff")
    made = graph.joined([frames, palette], "paletteuse", dither="bayer", bayer_scale=4, diff_mode="rectangle")
    return made, {"c:v": file.encoder, "loop": 0}


_ENCODERS: dict[str, Callable[[Stream, LoopFile], tuple[Stream, dict[str, Any]]]] = {
    codecs.H264.encoder: _mp4,
    "libwebp_anim": _webp,
    "gif": _gif,
}
