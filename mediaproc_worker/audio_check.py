"""Audio check: finds audio tracks that FFmpeg can't decode, after they made an encode fail."""

from __future__ import annotations

from mediaproc.domain.errors import BeyondLimits, DamagedSource, EncodeFailed, UnsupportedCodec
from mediaproc.media.commands import audio
from mediaproc.media.probe import AudioTrack, MediaInfo
from mediaproc_worker import ffmpeg
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits

_LIMITS = Limits(wall_seconds=600, cpu_seconds=600)


def without_broken_audio(context: AttemptContext, info: MediaInfo) -> MediaInfo:
    """Return the source without the audio tracks that can't be decoded, with a sentence for each."""
    broken = [track for track in info.audio if not _is_decodable(context, track)]
    sentences = [f"Audio track {track.index + 1} ({track.codec}) can't be decoded and is left out" for track in broken]
    return info.without_audio({track.index for track in broken}, sentences)


def _is_decodable(context: AttemptContext, track: AudioTrack) -> bool:
    try:
        ffmpeg.run(context, audio.decode_arguments(track, source=context.source), limits=_LIMITS)
    except (DamagedSource, UnsupportedCodec, BeyondLimits, EncodeFailed):
        context.check()
        return False
    return True
