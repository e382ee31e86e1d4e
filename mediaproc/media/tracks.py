"""The tracks of a source that are kept beside its picture: which, as which renditions, under which names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc.media import languages, layout
from mediaproc.media.probe import AudioTrack, MediaInfo, TextTrack
from mediaproc.media.track_roles import Role

MOST_SOUNDS = 8
"""Sound tracks that are kept. Each is encoded and stored whole."""

MOST_TEXTS = 32
"""Text tracks that are kept. They weigh little, and films come with many."""

TEXT_CODECS = frozenset({"subrip", "ass", "ssa", "mov_text", "webvtt", "text"})
"""Subtitles that are text."""

_PICTURE_CODECS = frozenset({"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"})
"""Subtitles of discs and broadcasts: pictures, which nothing here reads."""

_WORDS: dict[Role, str] = {
    Role.DESCRIPTION: "audio description",
    Role.COMMENTARY: "commentary",
    Role.CAPTIONS: "for the hard of hearing",
    Role.FORCED: "foreign parts only",
}


@dataclass(frozen=True)
class Label:
    """What a viewer and a player are told of a track. `title` is in plain words, `language` as in RFC 5646."""

    title: str
    language: str = ""
    role: Role = Role.MAIN
    is_default: bool = False


@dataclass(frozen=True)
class SelectedTrack:
    """A track that is kept: its index in the source, the name of the rendition that it becomes, and its label.

    `channels` are those that a sound has in the source.
    """

    index: int
    rendition: str
    label: Label
    channels: int = 0


def default_first(found: Sequence[AudioTrack]) -> list[AudioTrack]:
    """Sound tracks in the order in which they are offered: those that the source calls default, then the others."""
    return sorted(found, key=lambda track: not track.is_default)


def sounds(info: MediaInfo) -> tuple[SelectedTrack, ...]:
    """The sound tracks that are kept. The first is the default: the one that the source says is, else its first."""
    chosen = default_first(info.audio)[:MOST_SOUNDS]
    titles = _titles(chosen, "Sound")
    return tuple(
        SelectedTrack(
            index=track.index,
            rendition=layout.numbered(layout.AUDIO, place),
            label=Label(title, languages.tag(track.language), track.role, is_default=place == 0),
            channels=track.channels,
        )
        for place, (track, title) in enumerate(zip(chosen, titles, strict=True))
    )


def track_of(info: MediaInfo, kept: SelectedTrack) -> AudioTrack:
    """What a kept sound is in the source."""
    return next(track for track in info.audio if track.index == kept.index)


def texts(info: MediaInfo) -> tuple[SelectedTrack, ...]:
    """The text tracks that are kept. None is the default: viewers choose, or their players by language.

    Containers flag a default among subtitles without meaning it: Matroska and MP4 do so unless told otherwise.
    """
    chosen = _texts(info)[:MOST_TEXTS]
    return tuple(
        SelectedTrack(
            index=track.index,
            rendition=layout.numbered(layout.SUBTITLES, place),
            label=Label(title, languages.tag(track.language), track.role),
        )
        for place, (track, title) in enumerate(zip(chosen, _titles(chosen, "Subtitles"), strict=True))
    )


def left_out(info: MediaInfo) -> list[str]:
    """What is not kept, each as a sentence for the log."""
    said = [f"{_sort(track)} and are left out" for track in info.text if track.codec not in TEXT_CODECS]
    if len(info.audio) > MOST_SOUNDS:
        said.append(f"Of {len(info.audio)} sound tracks {MOST_SOUNDS} are kept")
    if len(_texts(info)) > MOST_TEXTS:
        said.append(f"Of {len(_texts(info))} tracks of subtitles {MOST_TEXTS} are kept")
    return said


def _texts(info: MediaInfo) -> list[TextTrack]:
    return [track for track in info.text if track.codec in TEXT_CODECS]


def _titles(found: Sequence[AudioTrack | TextTrack], otherwise: str) -> list[str]:
    """A name for each, no two alike: players tell tracks apart by it."""
    titles: list[str] = []
    for track in found:
        wanted, title, number = _title(track, otherwise), "", 1
        while (title := wanted if number == 1 else f"{wanted} {number}") in titles:
            number += 1
        titles.append(title)
    return titles


def _title(track: AudioTrack | TextTrack, otherwise: str) -> str:
    """Its own title, with its language if that does not say it; else its language, with its role."""
    language = languages.name(track.language)
    if track.title:
        known = not language or language.lower() in track.title.lower()
        return track.title if known else f"{language}, {track.title}"
    role = _WORDS.get(track.role)
    return f"{language or otherwise}, {role}" if role else language or otherwise


def _sort(track: TextTrack) -> str:
    language = languages.name(track.language)
    whose = f"Subtitles in {language}" if language else "Subtitles"
    if track.codec in _PICTURE_CODECS:
        return f"{whose} are pictures, not text,"
    return f"{whose} are of a kind that can't be read ({track.codec or 'unknown'})"
