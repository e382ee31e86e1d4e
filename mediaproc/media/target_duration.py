"""Target duration: the longest segment that a rendition can have, known before its first segment exists.

EXT-X-TARGETDURATION must not change while a playlist grows, and every EXTINF, rounded to the nearest second, must be
at most as long (RFC 8216, 4.3.3.1 and 6.2.1). The first segments are shorter than later ones, so the bound comes from
the preset and from what the source's index says of its frames and keyframes.
"""

from __future__ import annotations

from mediaproc.media.commands import remux, source_copy
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo, VideoTrack

_AAC_FRAME_SAMPLES = 1024


def target_seconds(info: MediaInfo, preset: Preset, *, instant: bool = False) -> int:
    """Return the target duration, in seconds, of every rendition that a preset makes of a source.

    `instant`: of the source's own video, which is played until the rungs are ready. `info` is as
    `SourceIndex.describe` returned it; without its bounds (0) the usual ones are assumed.
    """
    length, video = preset.segment_seconds, info.video
    if instant or preset.copies:
        most = remux.MAX_GOP_SECONDS if instant else source_copy.MAX_GOP_SECONDS
        longest = length + (video.longest_gop_seconds or most)
    else:
        # Audio is cut after whole fragments of at least a second, each at most an AAC frame longer.
        longest = length * (1 + _AAC_FRAME_SAMPLES / preset.audio.sample_rate_hz)
        longest = max(longest, length + _longest_frame_seconds(video, preset)) if video.shown else longest
    return rounded(longest)


def rounded(seconds: float) -> int:
    """Return a duration to the nearest second, halves up, and at least 1."""
    return max(1, int(seconds + 0.5))


def _longest_frame_seconds(video: VideoTrack, preset: Preset) -> float:
    """Return how long a frame can last: a segment that begins just before an edge goes on until the next frame."""
    own = video.longest_frame_seconds or (float(1 / video.frame_rate) if video.frame_rate else 0.0)
    return own + (1 / preset.frame_rate_cap if video.frame_rate > preset.frame_rate_cap else 0.0)
