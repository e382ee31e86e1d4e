"""Streams: the streams of an ffprobe report that are processed, and why the others are left out.

A source is one programme: one film with its audio and text. What FFmpeg can't decode, what doesn't move and what
belongs to another programme is left out with a sentence for the log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

Stream = Mapping[str, Any]
"""A stream as ffprobe prints it."""

_STILL_FLAGS = ("attached_pic", "timed_thumbnails", "still_image")
_FRAME_COUNT_TAGS = ("NUMBER_OF_FRAMES", "NUMBER_OF_FRAMES-eng")
_MAX_IMAGE_FRAMES = 2
_MAX_IMAGE_SECONDS = 0.5
"""A video track of so few frames, or so short, is an image if another track is longer. AVI counts one frame as two."""

_ENCRYPTED_TAGS = frozenset({"encv", "enca", "drmi", "drms", "drmt"})


@dataclass(frozen=True)
class Choice:
    """The streams to process, in the source's order, and a sentence for each stream or programme that is left out."""

    streams: tuple[Stream, ...]
    left_out: tuple[str, ...] = ()


def choose(report: Mapping[str, Any], decoders: Collection[str] = ()) -> Choice:
    """Return the streams of an ffprobe report that can be processed.

    `decoders` are the names of codecs that FFmpeg decodes; empty if they are unknown.
    """
    programme = _main_programme(report)
    readable = _readable(programme.streams, decoders)
    moving = _without_stills(readable.streams)
    return Choice(moving.streams, (*programme.left_out, *readable.left_out, *moving.left_out))


def needs_packets(report: Mapping[str, Any]) -> bool:
    """True if several video tracks are in question and the report does not say how long each is."""
    videos = [each for each in _main_programme(report).streams if _is_video(each) and not is_still(each)]
    return len(videos) > 1 and any(_seconds(each) is None and _frames(each) is None for each in videos)


def is_silent(stream: Stream) -> bool:
    """True if a stream is audio of which no packet was read, so that its channels are unknown."""
    return stream.get("codec_type") == "audio" and (_integer(stream.get("channels")) or 0) <= 0


def is_audible(stream: Stream) -> bool:
    """True if a stream is audio whose channels are known."""
    return stream.get("codec_type") == "audio" and not is_silent(stream)


def is_encrypted(stream: Stream) -> bool:
    """True if a track is encrypted, by its tag in an MP4, or by the key that FFmpeg names for Matroska and WebM."""
    named = any(name.lower() == "enc_key_id" for name in _tags(stream))
    return named or str(stream.get("codec_tag_string")) in _ENCRYPTED_TAGS


def is_still(stream: Stream) -> bool:
    """True if a video track is flagged as cover art, a thumbnail or another image."""
    flags = cast("Mapping[str, int]", stream.get("disposition") or {})
    return any(flags.get(name) for name in _STILL_FLAGS)


def label(stream: Stream) -> str:
    """Return how a sentence calls a stream, such as “Audio track 2 (apac)”. Tracks are counted from 1."""
    kind = {"video": "Video track", "audio": "Audio track", "subtitle": "Subtitle track"}
    name = kind.get(str(stream.get("codec_type")), "Track")
    return f"{name} {int(stream['index']) + 1} ({codec_name(stream)})"


def codec_name(stream: Stream) -> str:
    """Return the codec of a stream, or its tag in the container if FFmpeg does not know the codec."""
    name = str(stream.get("codec_name") or "unknown")
    tag = str(stream.get("codec_tag_string") or "")
    return tag if name in {"unknown", "none"} and tag.isalnum() else name


# Programmes -------------------------------------------------------------------------------------------------


def _main_programme(report: Mapping[str, Any]) -> Choice:
    """Return the streams of the first programme with video, and those that belong to no programme."""
    streams = cast("list[Stream]", report.get("streams") or [])
    programmes = cast("list[Mapping[str, Any]]", report.get("programs") or [])
    members = [{int(each["index"]) for each in programme.get("streams") or []} for programme in programmes]
    shown = [any(_is_video(each) and int(each["index"]) in indexes for each in streams) for indexes in members]
    if len([indexes for indexes in members if indexes]) < 2:
        return Choice(tuple(streams))
    main = shown.index(True) if True in shown else next(place for place, indexes in enumerate(members) if indexes)
    others = set[int]().union(*members) - members[main]
    named = [
        f"Programme {_programme_name(each)} is left out: only {_programme_name(programmes[main])} is processed"
        for place, each in enumerate(programmes)
        if place != main and members[place] - members[main]
    ]
    return Choice(tuple(each for each in streams if int(each["index"]) not in others), tuple(named))


def _programme_name(programme: Mapping[str, Any]) -> str:
    name = "".join(each for each in str(_tags(programme).get("service_name", "")) if each.isprintable())[:80].strip()
    number = programme.get("program_num") or programme.get("program_id")
    return f"{number} “{name}”" if name else str(number)


# Video that moves -------------------------------------------------------------------------------------------


def _without_stills(streams: Sequence[Stream]) -> Choice:
    """Return the streams without images, if another video track moves."""
    videos = [each for each in streams if _is_video(each)]
    stills = [each for each in videos if is_still(each)]
    candidates = [each for each in videos if each not in stills]
    if any(_moves(each) for each in candidates):
        stills += [each for each in candidates if not _moves(each)]
    return Choice(
        tuple(each for each in streams if each not in stills),
        tuple(f"{label(each)} is an image and is left out" for each in stills),
    )


def _is_video(stream: Stream) -> bool:
    return stream.get("codec_type") == "video"


def _moves(stream: Stream) -> bool:
    """True unless the container, or `nb_read_packets` of a look at the packets, says that there is one image only."""
    frames, seconds = _frames(stream), _seconds(stream)
    if frames is not None:
        return frames > _MAX_IMAGE_FRAMES
    return seconds is None or seconds > _MAX_IMAGE_SECONDS


def _frames(stream: Stream) -> int | None:
    tags = _tags(stream)
    said = [stream.get("nb_frames"), *(tags.get(name) for name in _FRAME_COUNT_TAGS), stream.get("nb_read_packets")]
    return next((number for number in map(_integer, said) if number), None)


def _seconds(stream: Stream) -> float | None:
    """Return a track's duration by its own statistics (Matroska's tag), or None if there are none."""
    said = str(next((value for name, value in _tags(stream).items() if name.upper().startswith("DURATION")), ""))
    try:
        hours, minutes, seconds = said.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None


# Streams that FFmpeg reads ----------------------------------------------------------------------------------


def _readable(streams: Sequence[Stream], decoders: Collection[str]) -> Choice:
    reasons = [(each, _obstacle(each, decoders)) for each in streams]
    return Choice(
        tuple(each for each, reason in reasons if reason is None),
        tuple(f"{label(each)} {reason} and is left out" for each, reason in reasons if reason is not None),
    )


def _obstacle(stream: Stream, decoders: Collection[str]) -> str | None:
    """Return why a stream can't be read, as a clause, or None if it can."""
    if stream.get("codec_type") not in {"video", "audio"}:
        return None
    if is_encrypted(stream):
        return "is encrypted (DRM)"
    if decoders and str(stream.get("codec_name") or "") not in decoders:
        return "can't be decoded"
    return "has no data" if is_silent(stream) else None


def _tags(about: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", about.get("tags") or {})


def _integer(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
