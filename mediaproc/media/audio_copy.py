"""Which sound of a source may be kept as it is: encoding it again would only cost quality and time."""

from __future__ import annotations

from mediaproc.media.mp4 import sample_tables
from mediaproc.media.presets import Preset
from mediaproc.media.probe import AudioTrack

_MOST_BITRATE = 1.5
"""Times what the preset spends: more would weigh on every rendition, above all the smallest."""

_LONGEST_DELAY_SECONDS = 0.1
"""What an encoder puts before the beginning, and the edit list takes off: 0.02 to 0.05 s. More was trimmed away."""


def fits(track: AudioTrack, preset: Preset) -> bool:
    """Whether it is what the preset would make of it, so that it may be kept if it has no gap."""
    wanted = preset.audio
    return (
        (track.codec, track.profile, wanted.codec) == ("aac", "LC", "aac")
        and track.channels == wanted.of(track.channels).channels
        and 0 < track.sample_rate_hz <= wanted.sample_rate_hz
        and 0 < track.bitrate_bps <= _MOST_BITRATE * wanted.of(track.channels).bitrate_bps
        and wanted.loudness_lufs is None
        and len(preset.rungs) > 0
        and not preset.edits.trimmed
    )


def kept(track: AudioTrack, preset: Preset) -> bool:
    """Whether it is kept as it is."""
    return track.gapless and fits(track, preset)


def gapless(moov: bytes, *, track: int) -> bool:
    """Whether the tables of an MP4 or MOV say that a sound begins with the file and goes on without a gap.

    Players stand still in a gap; where a sound is encoded, silence fills it.
    """
    try:
        trak = sample_tables.track(moov, track, handler=b"soun")
        table, timescale = sample_tables.sample_table(trak), sample_tables.timescale(trak)
        delays = [media_time / timescale for _, media_time, _ in sample_tables.edits(trak)]
        return (
            not sample_tables.has(moov, "mvex")
            and sample_tables.kinds_of_samples(table) == 1
            and _even([ticks for _, ticks in sample_tables.durations(table)])
            and len(delays) <= 1
            and all(0 <= delay <= _LONGEST_DELAY_SECONDS for delay in delays)
        )
    except sample_tables.BROKEN:
        return False


def _even(ticks: list[int]) -> bool:
    """Whether every packet lasts as long as the first; the last may be shorter."""
    return len(ticks) > 0 and all(each == ticks[0] for each in ticks[:-1]) and 0 <= ticks[-1] <= ticks[0]
