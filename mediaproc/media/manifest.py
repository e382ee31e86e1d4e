"""HLS playlists (RFC 8216 and its second edition): the one at the top and the one of each rendition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MIME_TYPE = "application/vnd.apple.mpegurl"

_STARTING_BPS = 2_000_000
"""The variant that a player without a measurement starts with is the one nearest to this
(HLS Authoring Specification for Apple Devices, 9.15: "the default variant should be 2000 kb/s")."""


_TARGET_SECONDS = 4
"""EXT-X-TARGETDURATION may not change while a playlist grows, though its first segments are shorter."""

_LONGEST_RUN = 64
"""Pieces that are looked at to fill a window: more than any real playlist needs."""


@dataclass(frozen=True)
class Variant:
    """One video rendition as the multivariant playlist names it. `codecs` is RFC 6381, of the picture alone."""

    uri: str
    width: int
    height: int
    frame_rate: float
    codecs: str
    bitrate_bps: int
    peak_bitrate_bps: int


@dataclass(frozen=True)
class Sound:
    """The audio rendition that all variants share."""

    uri: str
    codecs: str
    bitrate_bps: int
    peak_bitrate_bps: int
    channels: int = 2
    language: str | None = None
    name: str = "Sound"


@dataclass(frozen=True)
class Piece:
    """One segment as a media playlist names it."""

    uri: str
    duration_seconds: float


def multivariant_playlist(variants: Iterable[Variant], *, sound: Sound | None = None) -> str:
    """The top playlist. BANDWIDTH counts the sound too, since a player loads both. A sound alone is a variant."""
    lines, pictures = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"], _in_order(variants)
    if sound is not None:
        lines += [_sound_line(sound)] if pictures else [_sound_alone_line(sound), sound.uri]
    for variant in pictures:
        lines += [_variant_line(variant, sound), variant.uri]
    return "\n".join(lines) + "\n"


def media_playlist(pieces: Sequence[Piece], *, init_uri: str, finished: bool) -> str:
    """The playlist of one rendition: VOD when finished, else EVENT, to which pieces are only ever added.

    A growing playlist looks live to a player; EXT-X-START makes it begin at the beginning all the same.
    """
    target = max(_TARGET_SECONDS, *(round_up(piece.duration_seconds) for piece in pieces), 1)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if finished else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *([] if finished else ["#EXT-X-START:TIME-OFFSET=0,PRECISE=YES"]),
        f'#EXT-X-MAP:URI="{init_uri}"',
    ]
    for piece in pieces:
        lines += [f"#EXTINF:{piece.duration_seconds:.6f},", piece.uri]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if finished else [])]) + "\n"


def average_bitrate_bps(pieces: Iterable[tuple[int, float]]) -> int:
    """AVERAGE-BANDWIDTH of pieces given as (size in bytes, duration in seconds)."""
    known = list(pieces)
    seconds = sum(duration for _, duration in known)
    return math.ceil(sum(size for size, _ in known) * 8 / seconds) if seconds > 0 else 0


def peak_bitrate_bps(pieces: Iterable[tuple[int, float]], *, window_seconds: float = 4.0) -> int:
    """BANDWIDTH of pieces given as (size in bytes, duration in seconds): the largest bit rate of any run of pieces
    that lasts at least `window_seconds`, or of all of them if they are shorter.

    RFC 8216, 4.1 counts runs between half and one and a half of the target duration, so that a tiny last piece
    does not count alone.
    """
    known = list(pieces)
    runs = (_run_bps(known[start : start + _LONGEST_RUN], window_seconds) for start in range(len(known)))
    return max(average_bitrate_bps(known), *runs, 0)


def round_up(seconds: float) -> int:
    """EXT-X-TARGETDURATION of a duration: every EXTINF, rounded to the nearest second, stays within it."""
    return max(1, math.ceil(seconds - 0.5))


def _in_order(variants: Iterable[Variant]) -> list[Variant]:
    tallest_first = sorted(variants, key=lambda each: each.peak_bitrate_bps, reverse=True)
    if not tallest_first:
        return []
    first = min(tallest_first, key=lambda each: abs(each.bitrate_bps - _STARTING_BPS))
    return [first, *(each for each in tallest_first if each is not first)]


def _sound_line(sound: Sound) -> str:
    language = f',LANGUAGE="{sound.language}"' if sound.language else ""
    return (
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="{sound.name}"{language},DEFAULT=YES,AUTOSELECT=YES,'
        f'CHANNELS="{sound.channels}",URI="{sound.uri}"'
    )


def _sound_alone_line(sound: Sound) -> str:
    average, peak = sound.bitrate_bps, max(sound.bitrate_bps, sound.peak_bitrate_bps)
    return f'#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{sound.codecs}"'


def _variant_line(variant: Variant, sound: Sound | None) -> str:
    average = variant.bitrate_bps + (sound.bitrate_bps if sound else 0)
    peak = max(average, variant.peak_bitrate_bps + (sound.peak_bitrate_bps if sound else 0))
    codecs = f"{variant.codecs},{sound.codecs}" if sound else variant.codecs
    attributes = [
        f"BANDWIDTH={peak}",
        *([f"AVERAGE-BANDWIDTH={average}"] if variant.bitrate_bps else []),
        f'CODECS="{codecs}"',
        f"RESOLUTION={variant.width}x{variant.height}",
        *([f"FRAME-RATE={variant.frame_rate:.3f}"] if variant.frame_rate else []),
        *(['AUDIO="sound"'] if sound else []),
    ]
    return "#EXT-X-STREAM-INF:" + ",".join(attributes)


def _run_bps(pieces: Sequence[tuple[int, float]], window_seconds: float) -> int:
    size, seconds = 0, 0.0
    for piece_bytes, duration in pieces:
        size, seconds = size + piece_bytes, seconds + duration
        if seconds >= window_seconds - 0.05:
            return math.ceil(size * 8 / seconds)
    return 0
