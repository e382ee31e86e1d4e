"""HLS playlists (RFC 8216 and its second edition): the multivariant playlist and one media playlist per rendition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from mediaproc.media.filters.hdr import SDR
from mediaproc.media.target_duration import rounded
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

MIME_TYPE = "application/vnd.apple.mpegurl"

_STARTING_BPS = 2_000_000
"""A player without a measurement starts with the first variant, which is the one nearest to this bit rate
(HLS Authoring Specification for Apple Devices, 9.15: "the default variant should be 2000 kb/s")."""

_CHARACTERISTICS = {
    Role.DESCRIPTION: "public.accessibility.describes-video",
    Role.CAPTIONS: "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",
}
"""How players let viewers find a track (RFC 8216, 4.3.4.1; HLS Authoring Specification, 8.10)."""

_NO_CAPTIONS = "CLOSED-CAPTIONS=NONE"
"""No captions within the video: without it players offer some all the same (RFC 8216, 4.3.4.2)."""

_AUDIO_LAG_SECONDS = 0.5
"""How far the edges of audio may lie behind those of the video: audio is cut between its own frames."""

_MAX_RUN = 64
"""Segments that are considered to fill a window: more than any real playlist needs."""


ONLY_AUDIO = Label("Audio", is_default=True)
"""Label of audio whose row has none: a video's only audio rendition."""


@dataclass(frozen=True)
class Variant:
    """One video rendition in the multivariant playlist. `codecs` is the RFC 6381 string of the video alone."""

    uri: str
    width: int
    height: int
    frame_rate: float
    codecs: str
    bitrate_bps: int
    peak_bitrate_bps: int
    video_range: str = SDR


@dataclass(frozen=True)
class AudioRendition:
    """An audio rendition that all variants share."""

    uri: str
    codecs: str
    bitrate_bps: int
    peak_bitrate_bps: int
    channels: int = 2
    label: Label = ONLY_AUDIO


@dataclass(frozen=True)
class TextRendition:
    """A text track that all variants share."""

    uri: str
    label: Label


@dataclass(frozen=True)
class KeyframeStream:
    """The I-frame playlist of a video rendition. `codecs`, sizes and range are those of its `Variant`."""

    uri: str
    width: int
    height: int
    codecs: str
    bitrate_bps: int
    peak_bitrate_bps: int
    video_range: str = SDR


@dataclass(frozen=True)
class MediaSegment:
    """One segment in a media playlist; `keyframe_bytes` of it reach to the end of its first frame."""

    uri: str
    duration_seconds: float
    keyframe_bytes: int = 0


def multivariant_playlist(
    variants: Iterable[Variant],
    *,
    audio: Sequence[AudioRendition] = (),
    subtitles: Sequence[TextRendition] = (),
    keyframes: Sequence[KeyframeStream] = (),
) -> str:
    """Return the multivariant playlist.

    BANDWIDTH includes audio, since a player loads both. The last variant is audio alone, for connections that carry
    no more; it is the only one of a video without a picture.
    """
    lines, ordered = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"], _starting_first(variants)
    if ordered:
        lines += [*_audio_lines(audio), *_subtitle_lines(subtitles)]
    for variant in ordered:
        lines += [_variant_line(variant, audio, with_text=bool(subtitles)), variant.uri]
    if audio:
        lines += [_audio_only_line(audio, grouped=bool(ordered), with_text=bool(ordered and subtitles)), audio[0].uri]
    lines += [_keyframe_line(each) for each in keyframes]
    return "\n".join(lines) + "\n"


def media_playlist(
    segments: Sequence[MediaSegment], *, init_uri: str | None, finished: bool, target_seconds: int = 1
) -> str:
    """Return the playlist of one rendition: VOD when finished, else EVENT, to which segments are only ever added.

    `target_seconds` is EXT-X-TARGETDURATION, which must not change while the playlist grows (see `target_duration`);
    only a segment that is longer all the same, of a source whose index was wrong, raises it. Text has no init segment.
    A growing playlist looks live to a player; EXT-X-START makes it begin at the beginning.
    """
    target = max([target_seconds, *(rounded(segment.duration_seconds) for segment in segments)])
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if finished else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *([] if finished else ["#EXT-X-START:TIME-OFFSET=0,PRECISE=YES"]),
        *([f'#EXT-X-MAP:URI="{init_uri}"'] if init_uri else []),
    ]
    for segment in segments:
        lines += [f"#EXTINF:{segment.duration_seconds:.6f},", segment.uri]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if finished else [])]) + "\n"


def keyframe_playlist(segments: Sequence[MediaSegment], *, init_uri: str, target_seconds: int) -> str:
    """Return the I-frame playlist of a finished rendition: the first frame of each segment, by its byte range.

    Each range begins with the segment, whose `moof` describes the frame (HLS Authoring Specification, 6). Players show
    these frames while a viewer winds through the video.
    """
    whole = media_playlist(segments, init_uri=init_uri, finished=True, target_seconds=target_seconds)
    sizes = iter(segments)
    lines = [
        f"{line}\n#EXT-X-BYTERANGE:{next(sizes).keyframe_bytes}@0" if line.startswith("#EXTINF:") else line
        for line in whole.splitlines()
    ]
    return "\n".join(lines).replace("#EXT-X-PLAYLIST-TYPE", "#EXT-X-I-FRAMES-ONLY\n#EXT-X-PLAYLIST-TYPE", 1) + "\n"


def up_to(segments: Sequence[MediaSegment], end_seconds: float) -> list[MediaSegment]:
    """Return the segments that end by then, at least one: the part of a growing rendition that the others have too."""
    ends = accumulate(segment.duration_seconds for segment in segments)
    known = [segment for end, segment in zip(ends, segments, strict=True) if end <= end_seconds + _AUDIO_LAG_SECONDS]
    return known or list(segments[:1])


def average_bitrate_bps(segments: Iterable[tuple[int, float]]) -> int:
    """Return AVERAGE-BANDWIDTH of segments given as (size in bytes, duration in seconds)."""
    known = list(segments)
    seconds = sum(duration for _, duration in known)
    return math.ceil(sum(size for size, _ in known) * 8 / seconds) if seconds > 0 else 0


def peak_bitrate_bps(segments: Iterable[tuple[int, float]], *, window_seconds: float = 4.0) -> int:
    """Return BANDWIDTH of segments given as (size in bytes, duration in seconds).

    It is the largest bit rate of any run of segments that lasts at least `window_seconds`, or of all of them if they
    are shorter. RFC 8216, 4.1 counts runs between half and one and a half of the target duration, so that a tiny last
    segment does not count alone.
    """
    known = list(segments)
    runs = (_run_bps(known[start : start + _MAX_RUN], window_seconds) for start in range(len(known)))
    return max(average_bitrate_bps(known), *runs, 0)


def _starting_first(variants: Iterable[Variant]) -> list[Variant]:
    largest_first = sorted(variants, key=lambda each: each.peak_bitrate_bps, reverse=True)
    if not largest_first:
        return []
    first = min(largest_first, key=lambda each: abs(each.bitrate_bps - _STARTING_BPS))
    return [first, *(each for each in largest_first if each is not first)]


def _audio_lines(audio: Sequence[AudioRendition]) -> list[str]:
    labels = _labels([each.label for each in audio])
    return [
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",{label},CHANNELS="{each.channels}",URI="{each.uri}"'
        for each, label in zip(audio, labels, strict=True)
    ]


def _subtitle_lines(subtitles: Sequence[TextRendition]) -> list[str]:
    labels = _labels([each.label for each in subtitles])
    return [
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",{label},FORCED={_yes(each.label.role is Role.FORCED)},'
        f'URI="{each.uri}"'
        for each, label in zip(subtitles, labels, strict=True)
    ]


def _labels(labels: Sequence[Label]) -> list[str]:
    """Return the attributes that distinguish tracks of one type, for people and for players.

    A player may select automatically among tracks that it can distinguish (RFC 8216, 4.3.4.1.1), but no commentary.
    """
    kinds = [(label.language, label.role) for label in labels]
    return [
        _label(label, autoselect=label.is_default or (label.role is not Role.COMMENTARY and kinds.index(kind) == place))
        for place, (label, kind) in enumerate(zip(labels, kinds, strict=True))
    ]


def _label(label: Label, *, autoselect: bool) -> str:
    characteristics = _CHARACTERISTICS.get(label.role)
    attributes = [
        f"NAME={_quoted(label.title)}",
        *([f'LANGUAGE="{label.language}"'] if label.language else []),
        f"DEFAULT={_yes(label.is_default)}",
        f"AUTOSELECT={_yes(autoselect)}",
        *([f'CHARACTERISTICS="{characteristics}"'] if characteristics else []),
    ]
    return ",".join(attributes)


def _audio_only_line(audio: Sequence[AudioRendition], *, grouped: bool, with_text: bool) -> str:
    """Return the variant of a video's audio: the playlist of the first one, or any other of the group."""
    average = max(each.bitrate_bps for each in audio)
    attributes = [
        f"BANDWIDTH={max(average, *(each.peak_bitrate_bps for each in audio))}",
        f"AVERAGE-BANDWIDTH={average}",
        f'CODECS="{",".join(dict.fromkeys(each.codecs for each in audio))}"',
        *(['AUDIO="sound"'] if grouped else []),
        *(['SUBTITLES="subtitles"'] if with_text else []),
        _NO_CAPTIONS,
    ]
    return "#EXT-X-STREAM-INF:" + ",".join(attributes)


def _keyframe_line(stream: KeyframeStream) -> str:
    attributes = [
        f"BANDWIDTH={max(stream.bitrate_bps, stream.peak_bitrate_bps)}",
        f"AVERAGE-BANDWIDTH={stream.bitrate_bps}",
        f'CODECS="{stream.codecs}"',
        f"RESOLUTION={stream.width}x{stream.height}",
        *([f"VIDEO-RANGE={stream.video_range}"] if stream.video_range != SDR else []),
        f'URI="{stream.uri}"',
    ]
    return "#EXT-X-I-FRAME-STREAM-INF:" + ",".join(attributes)


def _variant_line(variant: Variant, audio: Sequence[AudioRendition], *, with_text: bool) -> str:
    """Count the largest of the audio renditions, since any of them may be chosen (RFC 8216, 4.3.4.2)."""
    average = variant.bitrate_bps + max((each.bitrate_bps for each in audio), default=0)
    peak = max(average, variant.peak_bitrate_bps + max((each.peak_bitrate_bps for each in audio), default=0))
    codecs = ",".join(dict.fromkeys([variant.codecs, *(each.codecs for each in audio)]))
    attributes = [
        f"BANDWIDTH={peak}",
        *([f"AVERAGE-BANDWIDTH={average}"] if variant.bitrate_bps else []),
        f'CODECS="{codecs}"',
        f"RESOLUTION={variant.width}x{variant.height}",
        *([f"FRAME-RATE={variant.frame_rate:.3f}"] if variant.frame_rate else []),
        *([f"VIDEO-RANGE={variant.video_range}"] if variant.video_range != SDR else []),
        *(['AUDIO="sound"'] if audio else []),
        *(['SUBTITLES="subtitles"'] if with_text else []),
        _NO_CAPTIONS,
    ]
    return "#EXT-X-STREAM-INF:" + ",".join(attributes)


def _run_bps(segments: Sequence[tuple[int, float]], window_seconds: float) -> int:
    size, seconds = 0, 0.0
    for segment_bytes, duration in segments:
        size, seconds = size + segment_bytes, seconds + duration
        if seconds >= window_seconds - 0.05:
            return math.ceil(size * 8 / seconds)
    return 0


def _quoted(text: str) -> str:
    """Return a quoted-string, which can hold neither a quote nor an end of line (RFC 8216, 4.2)."""
    return '"' + " ".join(text.replace('"', "'").split()) + '"'


def _yes(value: bool) -> str:
    return "YES" if value else "NO"
