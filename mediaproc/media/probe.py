"""Probe: the arguments of ffprobe, and the media info of a source from its output."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any, cast

from mediaproc.media import ffprobe, languages, source_times, track_roles
from mediaproc.media import streams as stream_choice
from mediaproc.media.refusals import BeyondLimits, Encrypted, NotMedia, NoVideo, Refused, Undecodable
from mediaproc.media.streams import Choice
from mediaproc.media.track_roles import Role

MAX_PIXELS = 8192 * 8192
"""Largest frame: 8K with room to spare; a larger one costs gigabytes a frame."""

MAX_DURATION_SECONDS = 48 * 3600
"""Longest source."""

MAX_TRACKS = 64
"""Limit of the tracks of a source."""

MAX_TITLE = 80
"""Limit of the characters of a track's title; the rest is cut off."""

HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
"""PQ and HLG (ITU-R BT.2100)."""


_ALPHA_FORMATS = ("yuva", "gbrap", "argb", "abgr", "rgba", "bgra", "ya8", "ya16", "pal8")
"""Prefixes of the names of pixel formats with an alpha channel."""


@dataclass(frozen=True)
class VideoTrack:
    """Video track. `width` and `height` are as coded; the display size is after rotation and sample aspect."""

    index: int
    codec: str
    width: int
    height: int
    display_width: int
    display_height: int
    frame_rate: Fraction
    pixel_format: str
    bit_depth: int
    rotation: int
    interlaced: bool
    hdr: bool
    variable_frame_rate: bool = False
    profile: str = ""
    bitrate_bps: int = 0
    transfer: str = ""
    matrix: str = ""
    """Matrix coefficients by FFmpeg's name, such as `bt709`; empty if the source does not say."""
    alpha: bool = False
    longest_gop_seconds: float = 0.0
    """Longest time between two keyframes, if the container's index was read; 0 if unknown."""
    longest_frame_seconds: float = 0.0
    """Longest time that a frame is shown, if the container's index was read; 0 if unknown."""
    start_seconds: float = 0.0
    """When its first frame is shown, from the origin of the source: the start of its first track."""
    spliced: bool = False
    """True if the container's edit list joins several parts, where it has been asked for that."""
    steps_per_frame: int = 0
    """Ticks of a frame on the grid that a near-constant rate is moved to; 0 where each frame keeps its time."""

    @property
    def short_side(self) -> int:
        """Smaller side in pixels, as displayed: what a rung is named after."""
        return min(self.display_width, self.display_height)

    @property
    def shown(self) -> bool:
        """True if the source has video."""
        return self.display_width > 0


NO_VIDEO = VideoTrack(
    index=-1,
    codec="",
    width=0,
    height=0,
    display_width=0,
    display_height=0,
    frame_rate=Fraction(0),
    pixel_format="",
    bit_depth=0,
    rotation=0,
    interlaced=False,
    hdr=False,
)
"""Video track of a source that has audio only."""


@dataclass(frozen=True)
class AudioTrack:
    """Audio track. `language` is ISO 639, empty if unknown; `title` is the source's own."""

    index: int
    codec: str
    channels: int
    sample_rate_hz: int
    language: str = ""
    bitrate_bps: int = 0
    title: str = ""
    role: Role = Role.MAIN
    is_default: bool = False
    profile: str = ""
    layout: str = ""
    """Channel layout by FFmpeg's name, such as `5.1(side)`; empty if the source does not say."""
    gapless: bool = False
    """True if the container's index says that it begins with the file and has no gap."""


@dataclass(frozen=True)
class TextTrack:
    """Track of subtitles or captions."""

    index: int
    codec: str
    language: str = ""
    title: str = ""
    role: Role = Role.MAIN


@dataclass(frozen=True)
class MediaInfo:
    """Properties of a source. `duration_seconds` is 0 if the container does not say."""

    container: str
    duration_seconds: float
    size_bytes: int
    bitrate_bps: int
    video: VideoTrack
    audio: tuple[AudioTrack, ...] = ()
    text: tuple[TextTrack, ...] = ()
    left_out: tuple[str, ...] = ()
    """Sentences about tracks and programmes that are not processed."""
    probe_bytes: int = 0
    """Bytes that FFmpeg must read to find every track; 0 for its default."""

    def without_audio(self, indexes: Collection[int], left_out: Sequence[str]) -> MediaInfo:
        """Return the info without some audio tracks, with a sentence for each."""
        audio = tuple(track for track in self.audio if track.index not in indexes)
        return replace(self, audio=audio, left_out=(*self.left_out, *left_out))

    def to_json(self) -> dict[str, Any]:
        """Return the info as JSON values; `frame_rate` is a number, `frame_rate_exact` a fraction like "30000/1001"."""
        value = asdict(self)
        rate = self.video.frame_rate
        value["video"] |= {"frame_rate": float(rate), "frame_rate_exact": f"{rate.numerator}/{rate.denominator}"}
        return value | {name: list(value[name]) for name in ("audio", "text", "left_out")}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> MediaInfo:
        """Return the info that `to_json` returned as JSON values."""
        video = dict(value["video"])
        video["frame_rate"] = Fraction(video.pop("frame_rate_exact"))
        return cls(
            container=value["container"],
            duration_seconds=value["duration_seconds"],
            size_bytes=value["size_bytes"],
            bitrate_bps=value["bitrate_bps"],
            video=VideoTrack(**video),
            audio=tuple(AudioTrack(**_with_role(track)) for track in value["audio"]),
            text=tuple(TextTrack(**_with_role(track)) for track in value["text"]),
            left_out=tuple(value.get("left_out", ())),
            probe_bytes=value.get("probe_bytes", 0),
        )


def parse_ffprobe(
    output: str,
    *,
    content_type: str | None = None,
    video_needed: bool = True,
    audio_suffices: bool = False,
    decoders: Collection[str] = (),
) -> MediaInfo:
    """Parse ffprobe's JSON. `content_type`: the detected file type, for the message. `decoders`: see `streams.choose`.

    Raises `NotMedia`, `BeyondLimits`, and `NoVideo` if video is needed, or if there is no audio either. Raises
    `Undecodable` or `Encrypted` if there is video that FFmpeg can't decode, unless `audio_suffices`.
    """
    answer = ffprobe.report_of(output)
    streams = cast("list[dict[str, Any]]", answer.get("streams") or [])
    about = cast("dict[str, Any]", answer.get("format") or {})
    if not streams or not about:
        raise NotMedia(content_type)
    if about.get("format_name") == "gif" and streams[0].get("nb_frames") == "1":
        raise NotMedia(content_type)  # a still image
    if len(streams) > MAX_TRACKS:
        raise BeyondLimits(f"This file has {len(streams)} tracks; at most {MAX_TRACKS} can be processed")
    choice = stream_choice.choose(answer, decoders)
    info = _media_info(about, choice)
    if not info.video.shown:
        reason = _reason_for_no_video(streams, choice)
        lost = not audio_suffices and not isinstance(reason, NoVideo)
        if video_needed or lost or not info.audio:
            raise reason
    return _within_limits(info)


def _reason_for_no_video(streams: Sequence[dict[str, Any]], choice: Choice) -> Refused:
    lost = [each for each in streams if each not in choice.streams and each.get("codec_type") in {"video", "audio"}]
    if any(stream_choice.is_encrypted(each) for each in lost):
        return Encrypted()
    moving = [each for each in lost if each.get("codec_type") == "video" and not stream_choice.is_still(each)]
    names = [stream_choice.label(each) for each in moving]
    return Undecodable(names) if moving else NoVideo()


def _media_info(about: Mapping[str, Any], choice: Choice) -> MediaInfo:
    streams = choice.streams
    main = _main_video(streams)
    video = _video_track(main, [each for each in streams if stream_choice.is_audible(each)]) if main else NO_VIDEO
    return MediaInfo(
        container=str(about.get("format_name", "")),
        duration_seconds=source_times.duration_seconds(about, streams, longest=MAX_DURATION_SECONDS),
        size_bytes=int(_number(about.get("size"))),
        bitrate_bps=int(_number(about.get("bit_rate"))),
        video=video,
        audio=tuple(_audio_track(each) for each in streams if stream_choice.is_audible(each)),
        text=tuple(_text_track(each) for each in streams if each.get("codec_type") == "subtitle"),
        left_out=choice.left_out,
    )


def _within_limits(info: MediaInfo) -> MediaInfo:
    video = info.video
    if video.width * video.height > MAX_PIXELS or max(video.display_width, video.display_height) > 32768:
        raise BeyondLimits(f"This video is too large: {video.width}×{video.height}")
    if info.duration_seconds > MAX_DURATION_SECONDS:
        raise BeyondLimits(f"This video is longer than {MAX_DURATION_SECONDS // 3600} hours")
    return info


def _main_video(streams: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the main video track: the default one, else the largest. Cover art and thumbnails are excluded."""
    moving = [each for each in streams if each.get("codec_type") == "video" and not stream_choice.is_still(each)]
    sized = [each for each in moving if _area(each) > 0]
    if not sized and moving:
        raise BeyondLimits(
            "The frame size of this video can't be read, or it is too large"
        )  # FFmpeg's own limit is 2 GiB
    return max(sized, key=lambda each: (_disposition(each, "default"), _area(each))) if sized else None


def _video_track(stream: Mapping[str, Any], sounds: Sequence[Mapping[str, Any]]) -> VideoTrack:
    rotation = _rotation(stream)
    width, height = int(stream["width"]), int(stream["height"])
    shown = _display_size(width, height, _sample_aspect(stream), rotation)
    average, nominal = _fraction(stream.get("avg_frame_rate")), _fraction(stream.get("r_frame_rate"))
    variable = bool(average and nominal) and abs(average - nominal) > nominal / 200
    rate = (average or nominal).limit_denominator(100_000)
    exact = rate if variable else source_times.exact_rate(rate, nominal)
    steps = 0 if variable else source_times.steps_per_frame(exact, _fraction(stream.get("time_base")))
    return VideoTrack(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name", "unknown")),
        width=width,
        height=height,
        display_width=shown[0],
        display_height=shown[1],
        frame_rate=exact if steps else rate,
        pixel_format=_pixel_format(stream),
        bit_depth=_bit_depth(stream),
        rotation=rotation,
        interlaced=stream.get("field_order", "progressive") in {"tt", "bb", "tb", "bt"},
        hdr=stream.get("color_transfer") in HDR_TRANSFERS,
        variable_frame_rate=variable,
        profile=str(stream.get("profile", "")),
        bitrate_bps=int(_number(stream.get("bit_rate"))),
        transfer=str(stream.get("color_transfer", "")),
        matrix=_known(stream.get("color_space")),
        alpha=_pixel_format(stream).startswith(_ALPHA_FORMATS) or _alpha_beside(stream),
        start_seconds=source_times.start_seconds(stream, sounds),
        steps_per_frame=steps,
    )


def _audio_track(stream: Mapping[str, Any]) -> AudioTrack:
    return AudioTrack(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name", "unknown")),
        channels=int(_number(stream.get("channels"))),
        sample_rate_hz=int(_number(stream.get("sample_rate"))),
        language=_language(stream),
        bitrate_bps=int(_number(stream.get("bit_rate"))),
        title=_title(stream),
        role=track_roles.of_audio(_dispositions(stream)),
        is_default=bool(_disposition(stream, "default")),
        profile=str(stream.get("profile", "")),
        layout=_known(stream.get("channel_layout")),
    )


def _text_track(stream: Mapping[str, Any]) -> TextTrack:
    return TextTrack(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name", "")),
        language=_language(stream),
        title=_title(stream),
        role=track_roles.of_text(_dispositions(stream)),
    )


def _known(value: Any) -> str:
    return "" if value in {None, "unknown"} else str(value)


def _dispositions(stream: Mapping[str, Any]) -> Mapping[str, int]:
    return stream.get("disposition") or {}


def _disposition(stream: Mapping[str, Any], name: str) -> int:
    return int(_dispositions(stream).get(name, 0))


def _area(stream: Mapping[str, Any]) -> int:
    return int(_number(stream.get("width"))) * int(_number(stream.get("height")))


def _display_size(width: int, height: int, sample_aspect: Fraction, rotation: int) -> tuple[int, int]:
    """Return the size in square pixels, upright. The coded height is kept, as players do."""
    shown = max(1, round(width * sample_aspect)), height
    return (shown[1], shown[0]) if rotation % 180 else shown


def _rotation(stream: Mapping[str, Any]) -> int:
    """Return the rotation in degrees clockwise: 0, 90, 180 or 270. ffprobe counts counter-clockwise."""
    turns = [_number(each["rotation"]) for each in stream.get("side_data_list") or [] if "rotation" in each]
    return round(-turns[0] / 90) * 90 % 360 if turns else 0


def _sample_aspect(stream: Mapping[str, Any]) -> Fraction:
    aspect = _fraction(str(stream.get("sample_aspect_ratio", "1/1")).replace(":", "/"))
    return aspect if Fraction(1, 16) <= aspect <= 16 else Fraction(1)


def _pixel_format(stream: Mapping[str, Any]) -> str:
    """Return the pixel format. ffprobe has none for a PNG in a MOV; this one holds any PNG."""
    return str(stream.get("pix_fmt") or ("rgba" if stream.get("codec_name") == "png" else ""))


def _alpha_beside(stream: Mapping[str, Any]) -> bool:
    """Return whether Matroska carries the alpha of VP8 or VP9 beside the video; no pixel format shows it."""
    tags = cast("dict[str, Any]", stream.get("tags") or {})
    return any(name.lower() == "alpha_mode" and str(value) == "1" for name, value in tags.items())


def _bit_depth(stream: Mapping[str, Any]) -> int:
    said = int(_number(stream.get("bits_per_raw_sample")))
    if said:
        return said
    name = _pixel_format(stream)
    return next((depth for depth in (16, 14, 12, 10, 9) if f"p{depth}" in name or f"0{depth}" in name), 8)


def _language(stream: Mapping[str, Any]) -> str:
    """Language of a track as its source has it: ISO 639 or BCP 47, such as `eng` or `pt-br`. Empty for none."""
    said = str((stream.get("tags") or {}).get("language", "")).strip().lower()
    return said if languages.tag(said) else ""


def _title(stream: Mapping[str, Any]) -> str:
    """Return the title of a track in the source: one printable line of limited length."""
    tags = stream.get("tags") or {}
    title = str(tags.get("title") or tags.get("name") or "")  # Matroska's and QuickTime's; MP4's
    shown = "".join(letter if letter.isprintable() else " " for letter in title)
    return " ".join(shown.split())[:MAX_TITLE].strip()


def _with_role(track: Mapping[str, Any]) -> dict[str, Any]:
    return {**track, "role": Role(track.get("role", Role.MAIN))}


def _fraction(value: Any) -> Fraction:
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) else 0.0
