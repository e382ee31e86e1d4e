"""What is done to a video before it is encoded: it is cut short, cropped, turned, marked, and tracks are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from mediaproc.media import languages, tracks
from mediaproc.media.probe import BeyondLimits, MediaInfo, TextTrack

Filter = tuple[str, ...]
"""A filter's name and its values in order."""

_TURNS: dict[int, tuple[Filter, ...]] = {
    90: (("transpose", "clock"),),
    180: (("hflip",), ("vflip",)),
    270: (("transpose", "cclock"),),
}


@dataclass(frozen=True)
class Crop:
    """What is cut off at each side, as a part of the width or height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    @property
    def width(self) -> float:
        """What is left of the width."""
        return 1 - self.left - self.right

    @property
    def height(self) -> float:
        """What is left of the height."""
        return 1 - self.top - self.bottom


class Corner(StrEnum):
    """Where a watermark is."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"


@dataclass(frozen=True)
class Watermark:
    """A picture in a corner. `image` is the SHA-256 of a PNG of the team, in hexadecimal.

    It fills so large a part (`size`) of the picture's width or height, whichever it meets first.
    """

    image: str
    corner: Corner = Corner.BOTTOM_RIGHT
    size: float = 0.15
    opacity: float = 1.0


@dataclass(frozen=True)
class Edits:
    """`rotate` is in degrees clockwise, after the crop; no `end_seconds` is the video's own end.

    `burn_in` makes one track of subtitles a part of the picture: the first in `subtitle_language`, else the first.
    """

    start_seconds: float = 0.0
    end_seconds: float | None = None
    crop: Crop = Crop()
    rotate: int = 0
    mute: bool = False
    first_sound_only: bool = False
    without_subtitles: bool = False
    watermark: Watermark | None = None
    burn_in: bool = False
    subtitle_language: str = ""

    @property
    def leaves_picture(self) -> bool:
        """Whether the picture stays as it is, from its beginning to its end."""
        return not (self.trimmed or self.rotate or self.burn_in) and (self.crop, self.watermark) == (Crop(), None)

    @property
    def trimmed(self) -> bool:
        """Whether only a part of the video is kept."""
        return self.start_seconds > 0 or self.end_seconds is not None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Edits:
        """From what `dataclasses.asdict` makes of it."""
        mark = value.get("watermark")
        known: dict[str, Any] = {
            **value,
            "crop": Crop(**value["crop"]),
            "watermark": _watermark(mark) if mark else None,
        }
        return cls(**known)


def _watermark(value: Mapping[str, Any]) -> Watermark:
    known: dict[str, Any] = {**value, "corner": Corner(value["corner"])}
    return Watermark(**known)


NO_EDITS = Edits()


def edited(info: MediaInfo, edits: Edits) -> MediaInfo:
    """A source once edited: its length, its size as shown, its tracks. Raises BeyondLimits for nothing left."""
    if edits == NO_EDITS:
        return info
    width, height = info.video.display_width * edits.crop.width, info.video.display_height * edits.crop.height
    if edits.rotate % 180:
        width, height = height, width
    shown = replace(info.video, display_width=max(2, round(width)), display_height=max(2, round(height)))
    kept = tracks.default_first(info.audio)[:1] if edits.first_sound_only else info.audio
    return replace(
        info,
        video=shown,
        audio=() if edits.mute else tuple(kept),
        text=_texts(info, edits),
        duration_seconds=_length(info.duration_seconds, edits),
    )


def entry_options(edits: Edits) -> dict[str, str]:
    """Options of the input that read only the part that is kept: exact to the frame, and its time begins at 0."""
    start = {"ss": f"{edits.start_seconds:.3f}"} if edits.start_seconds else {}
    length = {} if edits.end_seconds is None else {"t": f"{edits.end_seconds - edits.start_seconds:.3f}"}
    return {**start, **length}


def picture_filters(edits: Edits) -> list[Filter]:
    """Filters, in the order in which they follow the source's own upright picture."""
    crop = edits.crop
    sides = (f"iw*{crop.width:.6g}", f"ih*{crop.height:.6g}", f"iw*{crop.left:.6g}", f"ih*{crop.top:.6g}")
    return [*([("crop", *sides)] if crop != Crop() else []), *_TURNS.get(edits.rotate, ())]


def _texts(info: MediaInfo, edits: Edits) -> tuple[TextTrack, ...]:
    """Where subtitles are burnt in, that one track is all there is."""
    if edits.without_subtitles:
        return ()
    if not edits.burn_in:
        return info.text
    found = [track for track in info.text if track.codec in tracks.TEXT_CODECS]
    wanted = languages.tag(edits.subtitle_language)
    nearest = sorted(found, key=lambda track: languages.distance(languages.tag(track.language), wanted))
    return tuple((nearest if wanted else found)[:1])


def _length(seconds: float, edits: Edits) -> float:
    if not edits.trimmed or not seconds:
        return seconds
    end = min(seconds, edits.end_seconds if edits.end_seconds is not None else seconds)
    if end - edits.start_seconds < 0.05:
        raise BeyondLimits(
            f"The part to keep begins after {edits.start_seconds:g} s, but this video is only {seconds:.1f} s long"
        )
    return end - edits.start_seconds
