"""Download commands: put finished segments into one MP4 or M4A, without encoding anything."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.media import languages, layout
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, OWN_DEMUXERS
from mediaproc.media.sources import Source, input_arguments
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

_DISPOSITIONS: dict[Role, list[str]] = {Role.DESCRIPTION: ["visual_impaired"], Role.COMMENTARY: ["comment"]}


def mp4_arguments(rendition: str, *, audio: Sequence[tuple[str, Label]]) -> list[str]:
    """Return a command that puts a rung and its audio renditions, given as (name, label), into one MP4."""
    files = [Source(layout.whole(name)) for name in (rendition, *(name for name, _ in audio))]
    return [
        *GLOBAL_ARGUMENTS,
        "-copyts",  # else each input is moved to 0, and video that begins after the audio would come too soon
        *(word for file in files for word in input_arguments(file, demuxers=OWN_DEMUXERS)),
        *("-map", "0:v:0"),
        *(word for place in range(len(audio)) for word in ("-map", f"{place + 1}:a:0")),
        *_COPY,
        *(word for place, (_, label) in enumerate(audio) for word in _labelled(place, label, alone=len(audio) == 1)),
        *_FASTSTART,
        *("-write_tmcd", "0"),  # no time code track: some players show it as a second video
        layout.download(rendition),
    ]


def m4a_arguments() -> list[str]:
    """Return a command that puts the audio's segments into one M4A."""
    return [
        *GLOBAL_ARGUMENTS,
        *input_arguments(Source(layout.whole(layout.AUDIO)), demuxers=OWN_DEMUXERS),
        *_COPY,
        *_FASTSTART,
        layout.file(layout.AUDIO, "m4a"),
    ]


_COPY = ("-c", "copy")
"""The same bits that HLS plays."""

_FASTSTART = ("-movflags", "+faststart")
"""The index before the media: the file plays while it is still loading."""


def _labelled(place: int, label: Label, *, alone: bool) -> tuple[str, ...]:
    """Return arguments that describe an audio track of an MP4; one that is alone has only a language."""
    flags = [*(["default"] if label.is_default else []), *_DISPOSITIONS.get(label.role, [])]
    language = f"-metadata:s:a:{place}", f"language={languages.three_letters(label.language) or 'und'}"
    if alone:
        return language if label.language else ()
    return (
        *language,
        *(f"-metadata:s:a:{place}", f"title={label.title}"),
        *(f"-disposition:a:{place}", "+".join(flags) or "0"),
    )
