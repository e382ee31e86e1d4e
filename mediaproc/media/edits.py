"""Edits: what a preset changes in a video before it is encoded (trim, crop, rotation, watermark, tracks)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from mediaproc.media import languages, tracks
from mediaproc.media.filters.graph import Filter
from mediaproc.media.probe import MediaInfo, TextTrack
from mediaproc.media.refusals import BeyondLimits

_ROTATIONS: dict[int, tuple[Filter, ...]] = {
    90: (Filter("transpose", ("clock",)),),
    180: (Filter("hflip"), Filter("vflip")),
    270: (Filter("transpose", ("cclock",)),),
}
"""Filters by degrees clockwise."""

_STORED_NAMES = {"first_audio_only": "first_sound_only"}
"""Fields that are stored under an older name."""


@dataclass(frozen=True)
class Crop:
    """Crop at each side, as a fraction of the width or height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    @property
    def width(self) -> float:
        """Fraction of the width that is left."""
        return 1 - self.left - self.right

    @property
    def height(self) -> float:
        """Fraction of the height that is left."""
        return 1 - self.top - self.bottom


class Corner(StrEnum):
    """Corner of a watermark."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"


@dataclass(frozen=True)
class Watermark:
    """An image in a corner. `image` is the SHA-256 of one of the team's PNGs, in hexadecimal.

    It fills the fraction `size` of the video's width or height, whichever it reaches first. An `opacity` of 1 hides
    what is below it.
    """

    image: str
    corner: Corner = Corner.BOTTOM_RIGHT
    size: float = 0.15
    opacity: float = 1.0


@dataclass(frozen=True)
class Edits:
    """All edits of a preset. `rotate` is in degrees clockwise, after the crop; no `end_seconds` means the video's end.

    `burn_in` draws one track of subtitles on the video: the first in `subtitle_language`, else the first.
    """

    start_seconds: float = 0.0
    end_seconds: float | None = None
    crop: Crop = Crop()
    rotate: int = 0
    mute: bool = False
    first_audio_only: bool = False
    without_subtitles: bool = False
    watermark: Watermark | None = None
    burn_in: bool = False
    subtitle_language: str = ""

    @property
    def leaves_video(self) -> bool:
        """True if the video stays as it is from beginning to end."""
        return not (self.trimmed or self.rotate or self.burn_in) and (self.crop, self.watermark) == (Crop(), None)

    @property
    def trimmed(self) -> bool:
        """True if only a part of the video is kept."""
        return self.start_seconds > 0 or self.end_seconds is not None

    def to_json(self) -> dict[str, Any]:
        """Return the edits as they are stored."""
        return {_STORED_NAMES.get(name, name): value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Edits:
        """Return the edits from what `to_json` made of them."""
        names = {stored: name for name, stored in _STORED_NAMES.items()}
        mark = value.get("watermark")
        known: dict[str, Any] = {
            **{names.get(name, name): each for name, each in value.items()},
            "crop": Crop(**value["crop"]),
            "watermark": _watermark(mark) if mark else None,
        }
        return cls(**known)


def _watermark(value: Mapping[str, Any]) -> Watermark:
    known: dict[str, Any] = {**value, "corner": Corner(value["corner"])}
    return Watermark(**known)


NO_EDITS = Edits()


def edited(info: MediaInfo, edits: Edits) -> MediaInfo:
    """Return a source after editing: its duration, display size and tracks. Raises BeyondLimits if nothing is left."""
    if edits == NO_EDITS:
        return info
    width, height = info.video.display_width * edits.crop.width, info.video.display_height * edits.crop.height
    if edits.rotate % 180:
        width, height = height, width
    shown = replace(info.video, display_width=max(2, round(width)), display_height=max(2, round(height)))
    audio = tracks.default_first(info.audio)[:1] if edits.first_audio_only else info.audio
    return replace(
        info,
        video=shown,
        audio=() if edits.mute else tuple(audio),
        text=_texts(info, edits),
        duration_seconds=_length(info.duration_seconds, edits),
    )


def entry_options(edits: Edits) -> dict[str, str]:
    """Return input options that read only the part that is kept, exact to the frame; its time begins at 0."""
    start = {"ss": f"{edits.start_seconds:.3f}"} if edits.start_seconds else {}
    length = {} if edits.end_seconds is None else {"t": f"{edits.end_seconds - edits.start_seconds:.3f}"}
    return {**start, **length}


def video_filters(edits: Edits) -> list[Filter]:
    """Return the filters for crop and rotation, in the order in which they follow the source's own upright video."""
    crop = edits.crop
    sides = (f"iw*{crop.width:.6g}", f"ih*{crop.height:.6g}", f"iw*{crop.left:.6g}", f"ih*{crop.top:.6g}")
    return [*([Filter("crop", sides)] if crop != Crop() else []), *_ROTATIONS.get(edits.rotate, ())]


def _texts(info: MediaInfo, edits: Edits) -> tuple[TextTrack, ...]:
    """Return the text tracks that remain. If subtitles are burnt in, that is the one track to draw."""
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
