"""HLS playlists (RFC 8216 and its second edition): the one at the top and the one of each rendition."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from mediaproc.media.filters.hdr import SDR
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

MIME_TYPE = "application/vnd.apple.mpegurl"

_STARTING_BPS = 2_000_000
"""The variant that a player without a measurement starts with is the one nearest to this
(HLS Authoring Specification for Apple Devices, 9.15: "the default variant should be 2000 kb/s")."""


_TARGET_SECONDS = 4
"""EXT-X-TARGETDURATION may not change while a playlist grows, though its first segments are shorter."""

_CHARACTERISTICS = {
    Role.DESCRIPTION: "public.accessibility.describes-video",
    Role.CAPTIONS: "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",
}
"""What players let viewers find a track by (RFC 8216, 4.3.4.1; HLS Authoring Specification, 8.10)."""

_LAP = 0.5
"""Seconds by which the edges of sound may lie behind those of the picture: it is cut between its own frames."""

_LONGEST_RUN = 64
"""Pieces that are looked at to fill a window: more than any real playlist needs."""


ONLY_SOUND = Label("Sound", is_default=True)
"""The label of a sound that nobody has to tell from another."""


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
    video_range: str = SDR


@dataclass(frozen=True)
class Sound:
    """An audio rendition that all variants share. The only one of a video needs no label."""

    uri: str
    codecs: str
    bitrate_bps: int
    peak_bitrate_bps: int
    channels: int = 2
    label: Label = ONLY_SOUND


@dataclass(frozen=True)
class Text:
    """A text track that all variants share."""

    uri: str
    label: Label


@dataclass(frozen=True)
class Piece:
    """One segment as a media playlist names it."""

    uri: str
    duration_seconds: float


def multivariant_playlist(
    variants: Iterable[Variant], *, sounds: Sequence[Sound] = (), texts: Sequence[Text] = ()
) -> str:
    """The top playlist. BANDWIDTH counts a sound too, since a player loads both. A sound alone is a variant."""
    lines, pictures = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"], _in_order(variants)
    if pictures:
        lines += [*_sound_lines(sounds), *_text_lines(texts)]
    elif sounds:
        lines += [_sound_alone_line(sounds[0]), sounds[0].uri]
    for variant in pictures:
        lines += [_variant_line(variant, sounds, with_text=bool(texts)), variant.uri]
    return "\n".join(lines) + "\n"


def media_playlist(pieces: Sequence[Piece], *, init_uri: str | None, finished: bool) -> str:
    """The playlist of one rendition: VOD when finished, else EVENT, to which pieces are only ever added.

    Text has no init segment.
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
        *([f'#EXT-X-MAP:URI="{init_uri}"'] if init_uri else []),
    ]
    for piece in pieces:
        lines += [f"#EXTINF:{piece.duration_seconds:.6f},", piece.uri]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if finished else [])]) + "\n"


def up_to(pieces: Sequence[Piece], end_seconds: float) -> list[Piece]:
    """Those that end by then, at least one: of a rendition that grows, what the others have too."""
    ends = accumulate(piece.duration_seconds for piece in pieces)
    known = [piece for end, piece in zip(ends, pieces, strict=True) if end <= end_seconds + _LAP]
    return known or list(pieces[:1])


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


def _sound_lines(sounds: Sequence[Sound]) -> list[str]:
    labels = _labels([sound.label for sound in sounds])
    return [
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",{label},CHANNELS="{sound.channels}",URI="{sound.uri}"'
        for sound, label in zip(sounds, labels, strict=True)
    ]


def _text_lines(texts: Sequence[Text]) -> list[str]:
    labels = _labels([text.label for text in texts])
    return [
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",{label},FORCED={_yes(text.label.role is Role.FORCED)},'
        f'URI="{text.uri}"'
        for text, label in zip(texts, labels, strict=True)
    ]


def _labels(labels: Sequence[Label]) -> list[str]:
    """What tells tracks of a sort apart, for people and for players.

    A player may choose by itself among those that it can tell apart (RFC 8216, 4.3.4.1.1), but never a commentary.
    """
    kinds = [(label.language, label.role) for label in labels]
    return [
        _label(label, by_itself=label.is_default or (label.role is not Role.COMMENTARY and kinds.index(kind) == place))
        for place, (label, kind) in enumerate(zip(labels, kinds, strict=True))
    ]


def _label(label: Label, *, by_itself: bool) -> str:
    characteristics = _CHARACTERISTICS.get(label.role)
    attributes = [
        f"NAME={_quoted(label.title)}",
        *([f'LANGUAGE="{label.language}"'] if label.language else []),
        f"DEFAULT={_yes(label.is_default)}",
        f"AUTOSELECT={_yes(by_itself)}",
        *([f'CHARACTERISTICS="{characteristics}"'] if characteristics else []),
    ]
    return ",".join(attributes)


def _sound_alone_line(sound: Sound) -> str:
    average, peak = sound.bitrate_bps, max(sound.bitrate_bps, sound.peak_bitrate_bps)
    return f'#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{sound.codecs}"'


def _variant_line(variant: Variant, sounds: Sequence[Sound], *, with_text: bool) -> str:
    """With the largest of the sounds, since any of them may be chosen (RFC 8216, 4.3.4.2)."""
    average = variant.bitrate_bps + max((each.bitrate_bps for each in sounds), default=0)
    peak = max(average, variant.peak_bitrate_bps + max((each.peak_bitrate_bps for each in sounds), default=0))
    codecs = ",".join(dict.fromkeys([variant.codecs, *(each.codecs for each in sounds)]))
    attributes = [
        f"BANDWIDTH={peak}",
        *([f"AVERAGE-BANDWIDTH={average}"] if variant.bitrate_bps else []),
        f'CODECS="{codecs}"',
        f"RESOLUTION={variant.width}x{variant.height}",
        *([f"FRAME-RATE={variant.frame_rate:.3f}"] if variant.frame_rate else []),
        *([f"VIDEO-RANGE={variant.video_range}"] if variant.video_range != SDR else []),
        *(['AUDIO="sound"'] if sounds else []),
        *(['SUBTITLES="subtitles"'] if with_text else []),
    ]
    return "#EXT-X-STREAM-INF:" + ",".join(attributes)


def _run_bps(pieces: Sequence[tuple[int, float]], window_seconds: float) -> int:
    size, seconds = 0, 0.0
    for piece_bytes, duration in pieces:
        size, seconds = size + piece_bytes, seconds + duration
        if seconds >= window_seconds - 0.05:
            return math.ceil(size * 8 / seconds)
    return 0


def _quoted(text: str) -> str:
    """A quoted-string, which can hold neither a quote nor an end of line (RFC 8216, 4.2)."""
    return '"' + " ".join(text.replace('"', "'").split()) + '"'


def _yes(said: bool) -> str:
    return "YES" if said else "NO"
