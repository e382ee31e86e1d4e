"""Audio copy: decides which audio of a source is kept as it is; encoding it again would only cost quality and time."""

from __future__ import annotations

from mediaproc.media.mp4 import boxes
from mediaproc.media.presets import Preset
from mediaproc.media.probe import AudioTrack

_MAX_BITRATE_FACTOR = 1.5
"""Multiple of the preset's bit rate; more would weigh on every rendition, above all the smallest."""

_MAX_DELAY_SECONDS = 0.1
"""Encoders put 0.02 to 0.05 s before the beginning, which the edit list takes off. More means a trimmed track."""


def is_copyable(track: AudioTrack, preset: Preset) -> bool:
    """True if a track is what the preset would make of it, so that it can be copied if it has no gap."""
    target = preset.audio
    return (
        (track.codec, track.profile, target.codec) == ("aac", "LC", "aac")
        and track.channels == target.for_channels(track.channels).channels
        and 0 < track.sample_rate_hz <= target.sample_rate_hz
        and 0 < track.bitrate_bps <= _MAX_BITRATE_FACTOR * target.for_channels(track.channels).bitrate_bps
        and target.loudness_lufs is None
        and len(preset.rungs) > 0
        and not preset.edits.trimmed
    )


def is_copied(track: AudioTrack, preset: Preset) -> bool:
    """True if a track is copied."""
    return track.gapless and is_copyable(track, preset)


def gapless(moov: bytes, *, track: int) -> bool:
    """True if an MP4's or MOV's tables say that an audio track begins with the file and has no gap.

    Players stop in a gap; when audio is encoded, silence fills it. `track` is the track's place from 0.
    """
    try:
        trak = boxes.track_box(moov, track, handler=b"soun")
        table, timescale = boxes.sample_table(trak), boxes.track_timescale(trak)
        delays = [media_time / timescale for _, media_time, _ in boxes.edit_list(trak)]
        return (
            not boxes.has_box(moov, "mvex")
            and boxes.sample_description_count(table) == 1
            and _even([ticks for _, ticks in boxes.sample_durations(table)])
            and len(delays) <= 1
            and all(0 <= delay <= _MAX_DELAY_SECONDS for delay in delays)
        )
    except boxes.MALFORMED:
        return False


def _even(ticks: list[int]) -> bool:
    """True if every packet lasts as long as the first; the last may be shorter."""
    return len(ticks) > 0 and all(each == ticks[0] for each in ticks[:-1]) and 0 <= ticks[-1] <= ticks[0]
