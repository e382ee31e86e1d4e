"""Keeping a source as it is: what may be kept, in words what stands in the way, and FFmpeg's command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import ffmpeg

from mediaproc.media import ladder, layout, tracks
from mediaproc.media.commands import encode, remux
from mediaproc.media.presets import Preset
from mediaproc.media.probe import AudioTrack, MediaInfo, VideoTrack
from mediaproc.media.sources import Source, input_options_in_one_go, location
from mediaproc.media.tracks import SelectedTrack

_LONGEST_GOP_SECONDS = 30.0
"""A segment is whole GOPs, and it is held in memory once; nobody can jump to within one."""


@dataclass(frozen=True)
class _Kept:
    """A codec of pictures that browsers play and CMAF holds: as people call it, and in which shapes."""

    called: str
    profiles: frozenset[str]
    pixel_formats: frozenset[str]
    options: dict[str, str]


_8_BITS = frozenset({"yuv420p", "yuvj420p"})
_KEPT = {
    "h264": _Kept("H.264", remux.H264_PROFILES, _8_BITS, {}),
    # `hvc1`: Apple's players take no other (HLS Authoring Specification, 1.10).
    "hevc": _Kept("HEVC", frozenset({"Main", "Main 10"}), _8_BITS | {"yuv420p10le"}, {"tag:v": "hvc1"}),
    "av1": _Kept("AV1", frozenset({"Main"}), _8_BITS | {"yuv420p10le"}, {}),
}
_OTHERS = {"mpeg2video": "MPEG-2", "mpeg4": "MPEG-4 Part 2", "vp8": "VP8", "vp9": "VP9", "prores": "ProRes"}
"""What people call codecs that can't be kept; others stand as FFmpeg calls them."""


def obstacle(info: MediaInfo, keyframes: Sequence[float]) -> str | None:
    """What keeps a source from being played as it is, as a clause for people, or None.

    `keyframes` are its times in seconds, where they are known. Rotation and samples that are not square stand in the
    header, which goes with the picture.
    """
    video, kept = info.video, _KEPT.get(info.video.codec)
    gop_seconds = remux.longest_gop_seconds(keyframes, info.duration_seconds)
    if kept is None:
        return f"its picture is {_called(video)}; only H.264, HEVC and AV1 can be kept"
    if video.hdr:
        return "its picture is HDR, which many screens can't show"
    if video.profile not in kept.profiles or video.pixel_format not in kept.pixel_formats:
        return f"its picture is {_called(video)}, which browsers don't play"
    if video.interlaced:
        return "its picture is interlaced, which browsers show with combs"
    if info.container.partition(",")[0] not in remux.CONTAINERS:
        return f"a file of this sort ({info.container.partition(',')[0]}) does not say when each picture is shown"
    if remux.hides_frames(keyframes):
        return "what was trimmed away at its beginning is still in the file, and would be seen"
    if gop_seconds > _LONGEST_GOP_SECONDS:
        return f"its keyframes are up to {gop_seconds:.0f} s apart, so nobody could jump to a moment between them"
    return None


def keeps_sound(track: AudioTrack) -> bool:
    """Whether a sound track is kept too. Every other one is encoded beside the picture."""
    return track.codec == "aac" and track.profile == "LC"


def keeps_every_sound(info: MediaInfo) -> bool:
    """Whether all that is heard of a source is kept."""
    return len(tracks.sounds(info)) == len(info.audio) and all(keeps_sound(track) for track in info.audio)


def sound_channels(info: MediaInfo, kept: SelectedTrack, preset: Preset) -> int:
    """How many channels a sound has in the end."""
    track = tracks.track_of(info, kept)
    return track.channels if keeps_sound(track) else preset.audio.of(track.channels).channels


def copy_arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """One FFmpeg that reads the source once and puts its picture and sound into fragments, as they are if they may."""
    opened = ffmpeg.input(location(source), **input_options_in_one_go(source))
    (rung,), options = ladder.rungs_for(info, preset), {**remux.COPIED, **_KEPT[info.video.codec].options}
    picture = ffmpeg.output(opened[str(info.video.index)], layout.whole(rung.name), **options)
    sounds = [_sound(opened, info, kept, preset) for kept in tracks.sounds(info)]
    built = cast("list[str]", ffmpeg.merge_outputs(picture, *sounds).get_args())
    return [*encode.GLOBAL_ARGUMENTS, *encode.PROGRESS_ARGUMENTS, *built]


def said(info: MediaInfo, preset: Preset) -> str:
    """What is done, as a line for people."""
    (rung,) = ladder.rungs_for(info, preset)
    if not info.audio:
        return f"Copying the picture as {rung.name}, without encoding it"
    if all(keeps_sound(tracks.track_of(info, kept)) for kept in tracks.sounds(info)):
        return f"Copying picture and sound as {rung.name}, without encoding them"
    return f"Copying the picture as {rung.name}, without encoding it; sound that is not AAC becomes AAC"


def _sound(opened: Any, info: MediaInfo, kept: SelectedTrack, preset: Preset) -> Any:
    if keeps_sound(tracks.track_of(info, kept)):
        return encode.copied_sound(opened, kept)
    return encode.sound_output(opened, info, kept, preset)


def _called(video: VideoTrack) -> str:
    """A codec as people call it, with what tells this picture from those that browsers play."""
    kept = _KEPT.get(video.codec)
    if kept is None:
        return _OTHERS.get(video.codec, video.codec)
    return f"{kept.called} {video.profile}, {video.pixel_format}".replace(" ,", ",")
