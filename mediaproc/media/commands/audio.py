"""Audio commands: the audio that plays beside the video, and the files of presets that make audio alone."""

from __future__ import annotations

from typing import Any

from mediaproc.media import audio_copy, clocks, layout, loudness, tracks
from mediaproc.media.commands.arguments import CMAF, FRAGMENTED_OUTPUT, GLOBAL_ARGUMENTS, PROGRESS_ARGUMENTS
from mediaproc.media.edits import entry_options
from mediaproc.media.filters import downmix, graph
from mediaproc.media.filters.graph import Output, Stream, Streams
from mediaproc.media.loudness import Loudness
from mediaproc.media.presets import AudioFile, AudioTarget, Preset
from mediaproc.media.probe import AudioTrack, MediaInfo
from mediaproc.media.sources import Source, input_options, location
from mediaproc.media.tracks import SelectedTrack

_WITHOUT_PRIMING = ("mpeg", "flv")
"""Demuxers whose audio has no packets before its beginning, whose decode times would be negative."""

_PRIVATE: dict[str, Any] = {"map_metadata": -1, "map_chapters": -1}
"""The place of recording is private."""


# Beside the video -------------------------------------------------------------------------------------------


def arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Return a command that writes every selected audio track, whole. There must be at least one."""
    opened = graph.open_input(location(source), **input_options(source), **entry_options(preset.edits))
    made = outputs(opened, info, preset)
    along = clocks.companions(opened, info, used=[track.index for track in tracks.selected_audio(info)])
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *graph.arguments([*made, *along])]


def decode_arguments(track: AudioTrack, *, source: Source) -> list[str]:
    """Return a command that decodes one audio track and fails where encoding it would fail."""
    opened = graph.open_input(location(source), **input_options(source))
    decoded = graph.apply(fill_gaps(opened[str(track.index)]), downmix.filters(track.channels, 2, layout=track.layout))
    return [*GLOBAL_ARGUMENTS, *graph.output(decoded, "-", format="null").get_args()]


def outputs(opened: Streams, info: MediaInfo, preset: Preset) -> list[Output]:
    """Return an output for each selected audio track of an opened source."""
    return [output(opened, info, track, preset) for track in tracks.selected_audio(info)]


def output(opened: Streams, info: MediaInfo, track: SelectedTrack, preset: Preset) -> Output:
    """Return the output of one audio track of an opened source: copied if the preset allows it, else encoded."""
    if audio_copy.is_copied(tracks.source_track(info, track), preset):
        return copied_output(opened, info, track)
    target, layout_name = preset.audio.for_channels(track.channels), tracks.source_track(info, track).layout
    mix = downmix.filters(track.channels, target.channels, layout=layout_name)
    mixed = graph.apply(fill_gaps(opened[str(track.index)]), mix)
    return graph.output(mixed, layout.whole(track.rendition), **_encode_options(target))


def copied_output(opened: Streams, info: MediaInfo, track: SelectedTrack) -> Output:
    """Return the output of one AAC track of an opened source, not encoded again."""
    # MPEG-TS repeats the header in every frame, MP4 has it once; other containers are not changed by the filter.
    options = {"c:a": "copy", "bsf:a": "aac_adtstoasc", **_GROWING}
    if info.container.startswith(_WITHOUT_PRIMING):
        options["movflags"] = f"{CMAF}+frag_discont"  # a late start is one of decode times, not of the edit list alone
    return graph.output(opened[str(track.index)], layout.whole(track.rendition), **options)


def fill_gaps(audio: Stream) -> Stream:
    """Return audio with silence where packets are missing and before a late start, so that it stays in sync."""
    return audio.filter("aresample", **{"async": 1, "first_pts": 0})


def main_track(info: MediaInfo) -> AudioTrack | None:
    """Return the audio track that plays by default, or None if there is no audio."""
    return next(iter(tracks.default_first(info.audio)), None)


def _encode_options(target: AudioTarget) -> dict[str, Any]:
    return {
        "c:a": target.codec,
        "b:a": target.bitrate_bps,
        "ac": target.channels,  # in AAC's order; more channels are mixed before (see `downmix`)
        "ar": target.sample_rate_hz,
        **_GROWING,
    }


_GROWING: dict[str, Any] = {
    "avoid_negative_ts": "disabled",  # what the encoder puts before the beginning goes into the edit list
    "movflags": CMAF,
    "frag_duration": 1_000_000,  # microseconds: segments are whole fragments (see `mp4.segmenter`)
    **FRAGMENTED_OUTPUT,
}


# Files ------------------------------------------------------------------------------------------------------


def loudness_arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Return a command that measures the loudness of the mixed audio. `loudness.parse` reads what it writes."""
    assert preset.audio.loudness_lufs is not None
    mixed = _mixed(graph.open_input(location(source), **input_options(source)), info, preset.audio)
    mixed = mixed.filter("loudnorm", **loudness.measuring(preset.audio.loudness_lufs))
    return [*GLOBAL_ARGUMENTS, *graph.output(mixed, "-", format="null").get_args()]


def file_arguments(info: MediaInfo, *, source: Source, preset: Preset, measured: Loudness | None) -> list[str]:
    """Return a command that decodes once and writes the audio to stream and every audio file of the preset.

    With `measured` all are brought to the preset's loudness.
    """
    mixed = _mixed(graph.open_input(location(source), **input_options(source)), info, preset.audio)
    if measured is not None and measured.audible and preset.audio.loudness_lufs is not None:
        mixed = mixed.filter("loudnorm", **loudness.applying(preset.audio.loudness_lufs, measured))
        mixed = mixed.filter("aresample", preset.audio.sample_rate_hz)  # loudnorm works at 192 kHz
    first, *others = graph.split(mixed, 1 + len(preset.audio_files), name="asplit")
    made = [
        graph.output(first, layout.whole(layout.AUDIO), **_encode_options(preset.audio)),
        *(_file(stream, file, preset) for stream, file in zip(others, preset.audio_files, strict=True)),
    ]
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *graph.arguments(made)]


def _mixed(opened: Streams, info: MediaInfo, target: AudioTarget) -> Stream:
    """Return the main track mixed down, which must precede measuring: several channels together are louder.

    Loudness normalization limits the peaks by itself.
    """
    track = main_track(info)
    assert track is not None
    limited = target.loudness_lufs is None
    mix = downmix.filters(track.channels, target.channels, layout=track.layout, limited=limited)
    layouts = "mono" if target.channels == 1 else "stereo"
    return graph.apply(fill_gaps(opened[str(track.index)]), mix).filter("aformat", channel_layouts=layouts)


def _file(audio: Stream, file: AudioFile, preset: Preset) -> Output:
    options = {"c:a": file.encoder, "b:a": file.bitrate_bps, "ar": preset.audio.sample_rate_hz, **_PRIVATE}
    return graph.output(audio, layout.file(file.name, file.suffix), **options)
