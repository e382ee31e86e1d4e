"""Track selection: the audio and text tracks of a source that become renditions, with their names and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc.media import languages, layout
from mediaproc.media.probe import AudioTrack, MediaInfo, TextTrack
from mediaproc.media.track_roles import Role

MAX_AUDIO_TRACKS = 8
"""Audio tracks that are kept. Each is encoded and stored whole."""

MAX_SUBTITLE_TRACKS = 32
"""Text tracks that are kept. They are small, and films come with many."""

TEXT_CODECS = frozenset({"subrip", "ass", "ssa", "mov_text", "webvtt", "text"})
"""Subtitles that are text."""

_BITMAP_CODECS = frozenset({"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"})
"""Subtitles of discs and broadcasts that are bitmaps, which are not supported."""

_WORDS: dict[Role, str] = {
    Role.DESCRIPTION: "audio description",
    Role.COMMENTARY: "commentary",
    Role.CAPTIONS: "for the hard of hearing",
    Role.FORCED: "foreign parts only",
}


@dataclass(frozen=True)
class Label:
    """A track as viewers and players see it. `title` is plain text, `language` an RFC 5646 tag."""

    title: str
    language: str = ""
    role: Role = Role.MAIN
    is_default: bool = False


@dataclass(frozen=True)
class SelectedTrack:
    """A track that is kept: its index in the source, the name of the rendition that it becomes, and its label.

    `channels` is the number of audio channels in the source.
    """

    index: int
    rendition: str
    label: Label
    channels: int = 0


def default_first(found: Sequence[AudioTrack]) -> list[AudioTrack]:
    """Return audio tracks in the order in which they are offered: those flagged as default, then the others."""
    return sorted(found, key=lambda track: not track.is_default)


def selected_audio(info: MediaInfo) -> tuple[SelectedTrack, ...]:
    """Return the audio tracks that are kept. The first is the default: the one flagged so, else the source's first."""
    chosen = default_first(info.audio)[:MAX_AUDIO_TRACKS]
    titles = _titles(chosen, "Audio")
    return tuple(
        SelectedTrack(
            index=track.index,
            rendition=layout.numbered(layout.AUDIO, place),
            label=Label(title, languages.tag(track.language), track.role, is_default=place == 0),
            channels=track.channels,
        )
        for place, (track, title) in enumerate(zip(chosen, titles, strict=True))
    )


def source_track(info: MediaInfo, selected: SelectedTrack) -> AudioTrack:
    """Return the source's audio track that was selected."""
    return next(track for track in info.audio if track.index == selected.index)


def selected_subtitles(info: MediaInfo) -> tuple[SelectedTrack, ...]:
    """Return the text tracks that are kept. None is the default: viewers choose, or their players by language.

    The default flag of subtitles means nothing: Matroska and MP4 set it unless told otherwise.
    """
    chosen = _texts(info)[:MAX_SUBTITLE_TRACKS]
    return tuple(
        SelectedTrack(
            index=track.index,
            rendition=layout.numbered(layout.SUBTITLES, place),
            label=Label(title, languages.tag(track.language), track.role),
        )
        for place, (track, title) in enumerate(zip(chosen, _titles(chosen, "Subtitles"), strict=True))
    )


def left_out(info: MediaInfo) -> list[str]:
    """Return what is left out, each as a sentence for the log."""
    sentences = list(info.left_out)
    sentences += [f"{_description(track)} and are left out" for track in info.text if track.codec not in TEXT_CODECS]
    if len(info.audio) > MAX_AUDIO_TRACKS:
        sentences.append(f"Of {len(info.audio)} audio tracks {MAX_AUDIO_TRACKS} are kept")
    if len(_texts(info)) > MAX_SUBTITLE_TRACKS:
        sentences.append(f"Of {len(_texts(info))} tracks of subtitles {MAX_SUBTITLE_TRACKS} are kept")
    return sentences


def _texts(info: MediaInfo) -> list[TextTrack]:
    return [track for track in info.text if track.codec in TEXT_CODECS]


def _titles(found: Sequence[AudioTrack | TextTrack], otherwise: str) -> list[str]:
    """Return a unique title for each track: players distinguish tracks by it."""
    titles: list[str] = []
    for track in found:
        wanted, title, number = _title(track, otherwise), "", 1
        while (title := wanted if number == 1 else f"{wanted} {number}") in titles:
            number += 1
        titles.append(title)
    return titles


def _title(track: AudioTrack | TextTrack, otherwise: str) -> str:
    """Return the track's own title, with its language unless that is in it; else its language, with its role."""
    language = languages.name(track.language)
    if track.title:
        known = not language or language.lower() in track.title.lower()
        return track.title if known else f"{language}, {track.title}"
    role = _WORDS.get(track.role)
    return f"{language or otherwise}, {role}" if role else language or otherwise


def _description(track: TextTrack) -> str:
    language = languages.name(track.language)
    whose = f"Subtitles in {language}" if language else "Subtitles"
    if track.codec in _BITMAP_CODECS:
        return f"{whose} are bitmaps, not text,"
    return f"{whose} are in an unsupported format ({track.codec or 'unknown'})"
