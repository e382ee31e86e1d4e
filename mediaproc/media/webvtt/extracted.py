"""Text tracks as FFmpeg extracts them, each in its own format, and the WebVTT that is served of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mediaproc.media.webvtt import ass, cues, encodings, markup
from mediaproc.media.webvtt.cues import Cue

MAX_BYTES = 4 * 1024**2
"""Longest text track that is served: the length of the whole Bible."""

MAX_EXTRACTED_BYTES = 16 * 1024**2
"""Longest text track that is read. ASS says how to draw a text in many more bytes than the text has."""

_SUFFIXES = {"subrip": "srt", "text": "srt", "webvtt": "vtt"}


@dataclass(frozen=True)
class Extracted:
    """A text track as cues. `encoding` is the legacy encoding it was in, None for UTF-8; `backward` the number of cues
    that end before they begin, which are left out.
    """

    cues: Sequence[Cue]
    encoding: str | None = None
    backward: int = 0


def suffix(codec: str) -> str:
    """Return the suffix of the file in which FFmpeg extracts a text track of a codec."""
    return _SUFFIXES.get(codec, "ass")


def extracted(raw: bytes, codec: str, *, language: str = "") -> Extracted:
    """Return the track that FFmpeg wrote from a source with this codec. Times are those of the source."""
    text, encoding = encodings.decoded(raw, language=language)
    found, backward = cues.ordered(_cues(text.replace("\0", ""), codec))
    return Extracted(found, encoding, backward)


def served_text(track: Extracted, *, start: float, end: float | None) -> str | None:
    """Return the WebVTT to serve of the part of a track between two times; None if it has no text or too much."""
    kept = cues.trimmed(track.cues, start, end)
    text = cues.file_text(kept)
    return text if kept and len(text.encode()) < MAX_BYTES else None


def _cues(text: str, codec: str) -> list[Cue]:
    match suffix(codec):
        case "srt":
            return [_marked(cue, *markup.of_subrip(cue.text)) for cue in cues.parse(text)]
        case "vtt":
            return [replace(cue, text=markup.of_webvtt(cue.text)) for cue in cues.parse(text)]
        case _:
            return ass.parse(text, literal_braces=codec not in {"ass", "ssa"})


def _marked(cue: Cue, text: str, settings: str) -> Cue:
    return replace(cue, text=text, settings=settings, identifier="")
