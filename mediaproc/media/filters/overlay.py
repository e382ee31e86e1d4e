"""Overlays: a watermark in a corner and burnt-in subtitles, drawn over the video before it is scaled to the rungs."""

from __future__ import annotations

from mediaproc.media import layout, tracks
from mediaproc.media.edits import Corner, Edits, Watermark
from mediaproc.media.filters import graph
from mediaproc.media.filters.graph import Filter, Stream, Value
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location, option_arguments

_DEMUXERS = ("png_pipe",)
_MARGIN = 0.03
"""Distance of a watermark from the edges, as a fraction of the video's smaller side."""


def with_overlays(video: Stream, info: MediaInfo, edits: Edits, width: int, height: int) -> Stream:
    """Return a video of this size with everything that lies over it. Its times are the source's."""
    if edits.watermark is not None:
        mark = graph.open_input(location(_FILE), **watermark_options())["v:0"]
        mark = graph.apply(mark, watermark_filters(edits.watermark, width, height))
        video = graph.joined([video, mark], "overlay", **position(edits.watermark, width, height))
    if burns_in(info, edits):
        video = video.filter("subtitles", filename=layout.BURNT, fontsdir=layout.FONTS)
    return video


def burns_in(info: MediaInfo, edits: Edits) -> bool:
    """True if there are subtitles to burn in. `info` describes the source after editing."""
    return edits.burn_in and bool(tracks.selected_subtitles(info))


def watermark_arguments() -> list[str]:
    """Return the watermark as an input of a command."""
    return [*option_arguments(watermark_options()), "-i", location(_FILE)]


def watermark_options() -> dict[str, str]:
    """Return the input options of the watermark: it is read as PNG whatever its bytes say."""
    return {**input_options(_FILE, demuxers=_DEMUXERS), "f": "png_pipe"}


def watermark_filters(watermark: Watermark, width: int, height: int, *, range: str = "tv") -> list[Filter]:
    """Return the filters that give a watermark its size and opacity on a video of this size.

    `range` is FFmpeg's colour range of the result: `tv` for video, `pc` for JPEG.
    """
    box: dict[str, Value] = {
        "w": max(2, round(width * watermark.size)),
        "h": max(2, round(height * watermark.size)),
        "force_original_aspect_ratio": "decrease",
        "out_color_matrix": "bt709",
        "out_range": range,
    }
    return [
        Filter("format", options={"pix_fmts": "rgba"}),
        Filter("colorchannelmixer", options={"aa": f"{watermark.opacity:g}"}),
        Filter("scale", options=box),
        Filter("format", options={"pix_fmts": "yuva420p"}),
    ]


def position(watermark: Watermark, width: int, height: int) -> dict[str, str]:
    """Return the options of the filter `overlay` that put a watermark into its corner."""
    margin, corner = round(_MARGIN * min(width, height)), watermark.corner
    left, top = corner in (Corner.TOP_LEFT, Corner.BOTTOM_LEFT), corner in (Corner.TOP_LEFT, Corner.TOP_RIGHT)
    return {"x": str(margin) if left else f"W-w-{margin}", "y": str(margin) if top else f"H-h-{margin}"}


_FILE = Source(layout.WATERMARK)
