"""Source copy: keeps a source's own video as the result, if browsers play it, and says why if they don't."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.media import clocks, codecs, ladder, layout, tracks
from mediaproc.media.commands import audio, remux
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS
from mediaproc.media.filters import graph
from mediaproc.media.filters.graph import Output, Streams
from mediaproc.media.presets import Preset
from mediaproc.media.probe import AudioTrack, MediaInfo, VideoTrack
from mediaproc.media.sources import Source, location, sequential_input_options
from mediaproc.media.tracks import SelectedTrack

MAX_GOP_SECONDS = 30.0
"""A segment is whole GOPs and held in memory once; players can jump only between segments."""


_OTHERS = {"mpeg2video": "MPEG-2", "mpeg4": "MPEG-4 Part 2", "vp8": "VP8", "vp9": "VP9", "prores": "ProRes"}
"""Labels of codecs that can't be copied; others appear under FFmpeg's name."""


def obstacle(info: MediaInfo, keyframes: Sequence[float]) -> str | None:
    """Return why a source can't be played as it is, as a clause for people, or None if it can.

    `keyframes` are their times in seconds; empty if unknown. Rotation and non-square pixels are no obstacle: they are
    part of the header, which is copied too.
    """
    video, codec = info.video, codecs.find(info.video.codec)
    container = info.container.partition(",")[0]
    gop_seconds = remux.longest_gop_seconds(keyframes, info.duration_seconds)
    if codec is None:
        known = codecs.listed(each.label for each in codecs.CODECS)
        return f"its picture is {_name(video)}; only {known} can be kept"
    if video.hdr:
        return "its picture is HDR, which many screens can't show"
    if not codec.plays(profile=video.profile, pixel_format=video.pixel_format):
        return f"its picture is {_name(video)}, which browsers don't play"
    if video.interlaced:
        return "its picture is interlaced, which browsers show with combs"
    if container not in remux.CONTAINERS:
        return f"a file of this sort ({container}) does not say when each picture is shown"
    if video.spliced:
        return "it is joined of several parts of one recording, and what lies between them would be seen"
    if remux.hides_frames(keyframes):
        return "what was trimmed away at its beginning is still in the file, and would be seen"
    if gop_seconds > MAX_GOP_SECONDS:
        return f"its keyframes are up to {gop_seconds:.0f} s apart, so nobody could jump to a moment between them"
    return None


def copies_audio(track: AudioTrack) -> bool:
    """True if an audio track is copied too. Every other track is encoded beside the video."""
    return track.codec == "aac" and track.profile == "LC"


def copies_all_audio(info: MediaInfo) -> bool:
    """True if every audio track of a source is copied."""
    return len(tracks.selected_audio(info)) == len(info.audio) and all(copies_audio(track) for track in info.audio)


def output_channels(info: MediaInfo, track: SelectedTrack, preset: Preset) -> int:
    """Return the number of channels that an audio track has in the result."""
    source = tracks.source_track(info, track)
    return source.channels if copies_audio(source) else preset.audio.for_channels(source.channels).channels


def copy_arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Return a command that reads the source once and writes its video and audio as fragments, copied if possible."""
    opened = graph.open_input(location(source), **sequential_input_options(source))
    (rung,), options = ladder.rungs_for(info, preset), {**remux.COPIED, **codecs.of(info.video.codec).copy_options}
    options |= clocks.copy_options(info.video)
    video = graph.output(opened[str(info.video.index)], layout.whole(rung.name), **options)
    outputs = [video, *(_audio(opened, info, track, preset) for track in tracks.selected_audio(info))]
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *graph.arguments(outputs)]


def summary(info: MediaInfo, preset: Preset) -> str:
    """Return what is done, as a line for the log."""
    (rung,) = ladder.rungs_for(info, preset)
    if not info.audio:
        return f"Copying the video as {rung.name}, without encoding it"
    if all(copies_audio(tracks.source_track(info, track)) for track in tracks.selected_audio(info)):
        return f"Copying video and audio as {rung.name}, without encoding them"
    return f"Copying the video as {rung.name}, without encoding it; audio that is not AAC becomes AAC"


def _audio(opened: Streams, info: MediaInfo, track: SelectedTrack, preset: Preset) -> Output:
    if copies_audio(tracks.source_track(info, track)):
        return audio.copied_output(opened, info, track)
    return audio.output(opened, info, track, preset)


def _name(video: VideoTrack) -> str:
    """Return the codec's label, with the profile and pixel format that set this video apart from playable ones."""
    codec = codecs.find(video.codec)
    if codec is None:
        return _OTHERS.get(video.codec, video.codec)
    return f"{codec.label} {video.profile}, {video.pixel_format}".replace(" ,", ",")
