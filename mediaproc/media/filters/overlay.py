"""What is laid over the picture of every rung: a watermark in a corner, and subtitles that are burnt in."""

from __future__ import annotations

from typing import Any

import ffmpeg

from mediaproc.media import layout, tracks
from mediaproc.media.edits import Corner, Edits, Watermark
from mediaproc.media.filters import hdr
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location, option_arguments

_DEMUXERS = ("png_pipe",)
_MARGIN = 0.03
"""Between a watermark and the edges, as a part of the picture's smaller side."""


def laid_over(picture: Any, info: MediaInfo, edits: Edits, width: int, height: int) -> Any:
    """A picture of this size, which rungs are scaled from, with all that lies over it. Its times are the source's."""
    if edits.watermark is not None:
        mark = ffmpeg.input(location(_FILE), **mark_options())["v:0"]
        for name, values in mark_filters(edits.watermark, width, height):
            mark = mark.filter(name, **values)
        picture = ffmpeg.filter([picture, mark], "overlay", **place(edits.watermark, width, height))
    if burns_in(info, edits):
        picture = picture.filter("subtitles", filename=layout.BURNT, fontsdir=layout.FONTS)
    return picture


def burns_in(info: MediaInfo, edits: Edits) -> bool:
    """Whether there are subtitles to burn in: `info` is of the source once edited."""
    return edits.burn_in and bool(tracks.texts(info))


def mark_arguments() -> list[str]:
    """The watermark as an input of a command."""
    return [*option_arguments(mark_options()), "-i", location(_FILE)]


def mark_options() -> dict[str, str]:
    """The options of the watermark as an input: it is a PNG whatever its bytes say."""
    return {**input_options(_FILE, demuxers=_DEMUXERS), "f": "png_pipe"}


def mark_filters(watermark: Watermark, width: int, height: int, *, range: str = "tv") -> list[hdr.Filter]:
    """What makes a watermark as large and as clear as it is wanted on a picture of this size."""
    box = {"w": max(2, round(width * watermark.size)), "h": max(2, round(height * watermark.size))}
    return [
        ("format", {"pix_fmts": "rgba"}),
        ("colorchannelmixer", {"aa": f"{watermark.opacity:g}"}),
        ("scale", {**box, "force_original_aspect_ratio": "decrease", "out_color_matrix": "bt709", "out_range": range}),
        ("format", {"pix_fmts": "yuva420p"}),
    ]


def place(watermark: Watermark, width: int, height: int) -> dict[str, str]:
    """The values of `overlay` that put it into its corner."""
    margin, corner = round(_MARGIN * min(width, height)), watermark.corner
    left, top = corner in (Corner.TOP_LEFT, Corner.BOTTOM_LEFT), corner in (Corner.TOP_LEFT, Corner.TOP_RIGHT)
    return {"x": str(margin) if left else f"W-w-{margin}", "y": str(margin) if top else f"H-h-{margin}"}


_FILE = Source(layout.WATERMARK)
