"""From a source's frames to those of each rung: whole ones, in time, in the size and the colours that players show."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from mediaproc.media import segment_edges
from mediaproc.media.chunks import Chunk
from mediaproc.media.edits import picture_filters
from mediaproc.media.filters import hdr, overlay
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo, VideoTrack
from mediaproc.media.sources import Source, input_options

_RGB_FORMATS = ("gbr", "rgb", "bgr", "argb", "abgr", "pal8")

_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own decoders of these leave out the alpha."""


def reading(info: MediaInfo, source: Source) -> dict[str, str]:
    """The options of an input of which the picture is decoded."""
    return input_options(source) | decoder_options(info)


def decoder_options(info: MediaInfo) -> dict[str, str]:
    """Options of the input that decode all of a picture."""
    decoder = _ALPHA_DECODERS.get(info.video.codec) if info.video.alpha else None
    return {"c:v": decoder} if decoder else {}


def cascade(picture: Any, info: MediaInfo, preset: Preset, rungs: Sequence[Rung], chunk: Chunk | None) -> list[Any]:
    """Each rung is scaled from the one above: 0.94 of the time of scaling each from the source."""
    start, end = (chunk.start_seconds or None, chunk.end_seconds) if chunk else (None, None)
    picture = edited(picture, info, preset, rungs[0].frame_rate, start_seconds=start, end_seconds=end)
    made: list[Any] = []
    for number, rung in enumerate(rungs):
        picture = _first(picture, info, rung, preset) if number == 0 else _scaled(picture, rung)
        if number < len(rungs) - 1:
            both = picture.filter_multi_output("split", 2)
            made.append(both[0])
            picture = both[1]
        else:
            made.append(picture)
    return made


def edited(
    picture: Any,
    info: MediaInfo,
    preset: Preset,
    frame_rate: Fraction,
    *,
    start_seconds: float | None,
    end_seconds: float | None,
) -> Any:
    """The frames of a part of the source, as the preset edits them, in the size that they then have."""
    picture = within(in_time(picture, info, frame_rate), start_seconds, end_seconds)
    for name, *values in picture_filters(preset.edits):
        picture = picture.filter(name, *values)
    return picture


def in_time(picture: Any, info: MediaInfo, frame_rate: Fraction) -> Any:
    """Whole frames of an interlaced source, no more a second than wanted. FFmpeg turns them itself.

    Frames are only left out: who says to have a thousand a second and has one an hour gets no more of them.
    """
    if info.video.interlaced:
        # One frame of each two fields, and only of frames that say they are interlaced.
        picture = picture.filter("bwdif", mode="send_frame", deint="interlaced")
    if info.video.frame_rate > frame_rate:
        now, before = (
            f"floor(({time}+{segment_edges.EARLY_SECONDS})*{frame_rate})" for time in ("t", "prev_selected_t")
        )
        picture = picture.filter("select", f"if(isnan(prev_selected_t),1,gt({now},{before}))")
    return picture


def _first(picture: Any, info: MediaInfo, rung: Rung, preset: Preset) -> Any:
    return marked(picture, info, preset, rung.width, rung.height, bit_depth=preset.bit_depth)


def marked(picture: Any, info: MediaInfo, preset: Preset, width: int, height: int, *, bit_depth: int = 8) -> Any:
    """The source's frames in another size, with all that the preset lays over them."""
    shown = fitted(picture, info, width, height, bit_depth=bit_depth)
    return overlay.laid_over(shown, info, preset.edits, width, height)


def fitted(picture: Any, info: MediaInfo, width: int, height: int, *, bit_depth: int = 8) -> Any:
    """The source's frames in another size, with square pixels, in what decoders know. With 10 bits HDR stays HDR."""
    kept = hdr.kept(info.video, bit_depth)
    for name, values in opaque(info.video):  # first, or the colours of what can't be seen bleed into edges
        picture = picture.filter(name, **values)
    for name, values in hdr.keeping(info.video) if kept else []:
        picture = picture.filter(name, **values)
    picture = picture.filter("scale", width, height, **_scale_options(info, hdr_kept=kept))
    picture = picture.filter("setsar", "1")
    for name, values in [] if kept else hdr.filters(info.video):  # in the smaller size: it is the dearest step
        picture = picture.filter(name, **values)
    return picture.filter("format", "yuv420p10le" if bit_depth == 10 else "yuv420p")


def opaque(video: VideoTrack) -> list[hdr.Filter]:
    """The filters that put a picture on black, as players show around a video; none if nothing shines through."""
    return [("premultiply", {"inplace": 1})] if video.alpha else []


def _scaled(picture: Any, rung: Rung) -> Any:
    return picture.filter("scale", rung.width, rung.height).filter("setsar", "1")  # also where rounding made it oblong


def within(picture: Any, start_seconds: float | None, end_seconds: float | None) -> Any:
    """The frames of a part alone: one ends where the next begins, so each frame is in exactly one."""
    start = {} if start_seconds is None else {"start": _edge(start_seconds)}
    end = {} if end_seconds is None else {"end": _edge(end_seconds)}
    return picture.filter("trim", **start, **end) if start or end else picture


def _edge(seconds: float) -> str:
    return f"{seconds - segment_edges.EARLY_SECONDS:.6f}"


def _scale_options(info: MediaInfo, *, hdr_kept: bool) -> dict[str, str]:
    """The range of television, whatever the source's; and for RGB the matrix that players assume."""
    if hdr_kept:
        return {"out_range": "tv", "out_color_matrix": "bt2020"}
    if info.video.hdr:
        return {}  # zscale does all of it
    rgb = info.video.pixel_format.startswith(_RGB_FORMATS)
    return {"out_range": "tv"} | ({"out_color_matrix": "bt709"} if rgb else {})
