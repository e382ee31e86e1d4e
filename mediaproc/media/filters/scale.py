"""Scaling: turns a source's frames into those of each rung, whole, in time, and in the colours that players show."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from mediaproc.media import clocks, segment_edges
from mediaproc.media.chunks import Chunk
from mediaproc.media.edits import video_filters
from mediaproc.media.filters import graph, hdr, overlay
from mediaproc.media.filters.graph import Filter, Stream
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo, VideoTrack
from mediaproc.media.sources import Source, input_options

_RGB_FORMATS = ("gbr", "rgb", "bgr", "argb", "abgr", "pal8")

_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own decoders of these codecs leave out the alpha channel."""


def decode_options(info: MediaInfo, source: Source) -> dict[str, str]:
    """Return the options of an input whose video is decoded."""
    return input_options(source) | decoder_options(info)


def decoder_options(info: MediaInfo) -> dict[str, str]:
    """Return the input options that choose a decoder; none if FFmpeg's own decodes all of the video."""
    decoder = _ALPHA_DECODERS.get(info.video.codec) if info.video.alpha else None
    return {"c:v": decoder} if decoder else {}


def cascade(video: Stream, info: MediaInfo, preset: Preset, rungs: Sequence[Rung], chunk: Chunk | None) -> list[Stream]:
    """Return the video of each rung, scaled from the rung above: 0.94 of the time of scaling each from the source."""
    start, end = (chunk.start_seconds or None, chunk.end_seconds) if chunk else (None, None)
    video = edited(video, info, preset, rungs[0].frame_rate, start_seconds=start, end_seconds=end)
    made: list[Stream] = []
    for number, rung in enumerate(rungs):
        video = _first(video, info, rung, preset) if number == 0 else _scaled(video, rung)
        if number < len(rungs) - 1:
            copy, video = graph.split(video, 2)
            made.append(copy)
        else:
            made.append(video)
    return made


def edited(
    video: Stream,
    info: MediaInfo,
    preset: Preset,
    frame_rate: Fraction,
    *,
    start_seconds: float | None,
    end_seconds: float | None,
) -> Stream:
    """Return the frames of a part of the source, edited as the preset says, in the size that they then have."""
    video = graph.apply(video, clocks.filters(info.video))
    video = within(at_frame_rate(video, info, frame_rate), start_seconds, end_seconds)
    return graph.apply(video, video_filters(preset.edits))


def at_frame_rate(video: Stream, info: MediaInfo, frame_rate: Fraction) -> Stream:
    """Return whole frames of an interlaced source, at most `frame_rate` per second. FFmpeg applies the rotation itself.

    Frames are only dropped: a source that claims a thousand per second and has one per hour gets no more of them.
    """
    if info.video.interlaced:
        # One frame per two fields, and only for frames that are flagged as interlaced.
        video = video.filter("bwdif", mode="send_frame", deint="interlaced")
    if info.video.frame_rate > frame_rate:
        now, before = (
            f"floor(({time}+{segment_edges.EARLY_SECONDS})*{frame_rate})" for time in ("t", "prev_selected_t")
        )
        video = video.filter("select", f"if(isnan(prev_selected_t),1,gt({now},{before}))")
    return video


def _first(video: Stream, info: MediaInfo, rung: Rung, preset: Preset) -> Stream:
    return with_overlays(video, info, preset, rung.width, rung.height, bit_depth=preset.bit_depth)


def with_overlays(
    video: Stream, info: MediaInfo, preset: Preset, width: int, height: int, *, bit_depth: int = 8
) -> Stream:
    """Return the source's frames in another size, with everything that the preset draws over them."""
    shown = fitted(video, info, width, height, bit_depth=bit_depth)
    return overlay.with_overlays(shown, info, preset.edits, width, height)


def fitted(video: Stream, info: MediaInfo, width: int, height: int, *, bit_depth: int = 8) -> Stream:
    """Return the source's frames in another size, with square pixels, as 4:2:0. With 10 bits HDR stays HDR."""
    stays_hdr = hdr.is_preserved(info.video, bit_depth)
    video = graph.apply(video, matrix_filters(info.video))
    video = graph.apply(video, alpha_filters(info.video))  # first, or colours of invisible areas bleed into edges
    video = graph.apply(video, hdr.tagging_filters(info.video) if stays_hdr else [])
    video = video.filter("scale", width, height, **_scale_options(info, stays_hdr=stays_hdr))
    video = video.filter("setsar", "1")
    # In the smaller size: tone mapping is the most expensive step.
    video = graph.apply(video, [] if stays_hdr else hdr.tone_mapping_filters(info.video))
    return video.filter("format", "yuv420p10le" if bit_depth == 10 else "yuv420p")


def matrix_filters(video: VideoTrack) -> list[Filter]:
    """Return the filters that convert a matrix that FFmpeg's scaler does not know; none for usual video.

    YCgCo (screen recordings) needs zimg. The others differ little from the one that they are taken for.
    """
    if video.matrix == "ycgco":
        return [Filter("zscale", options={"min": "ycgco", "m": "bt709"})]
    taken_for = _MATRICES.get(video.matrix)
    return [Filter("setparams", options={"colorspace": taken_for})] if taken_for else []


_MATRICES = {
    "bt2020c": "bt2020nc",
    "ictcp": "bt2020nc",
    "ipt-c2": "bt2020nc",
    "chroma-derived-c": "bt2020nc",
    "chroma-derived-nc": "bt709",
    "ycgco-re": "bt709",
    "ycgco-ro": "bt709",
}
"""Matrix coefficients that neither FFmpeg's scaler nor zimg converts, and the nearest that they do."""


def alpha_filters(video: VideoTrack) -> list[Filter]:
    """Return the filters that put a video on black, as players do; none if it has no alpha channel."""
    return [Filter("premultiply", options={"inplace": 1})] if video.alpha else []


def _scaled(video: Stream, rung: Rung) -> Stream:
    return video.filter("scale", rung.width, rung.height).filter("setsar", "1")  # also where rounding made it oblong


def within(video: Stream, start_seconds: float | None, end_seconds: float | None) -> Stream:
    """Return the frames of a part. A part ends where the next one begins, so each frame is in exactly one."""
    edges = {name: _edge(at) for name, at in (("start", start_seconds), ("end", end_seconds)) if at is not None}
    return video.filter("trim", **edges) if edges else video


def _edge(seconds: float) -> str:
    return f"{seconds - segment_edges.EARLY_SECONDS:.6f}"


def _scale_options(info: MediaInfo, *, stays_hdr: bool) -> dict[str, str]:
    """Return options that give the range of television whatever the source's, and for RGB the matrix players assume."""
    if stays_hdr:
        return {"out_range": "tv", "out_color_matrix": "bt2020"}
    if info.video.hdr:
        return {}  # zscale does all of it
    rgb = info.video.pixel_format.startswith(_RGB_FORMATS)
    return {"out_range": "tv"} | ({"out_color_matrix": "bt709"} if rgb else {})
