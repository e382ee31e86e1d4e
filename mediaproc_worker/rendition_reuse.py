"""Rendition reuse: copies renditions that were encoded from the same source in the same way, instead of encoding again.

They are found by fingerprint and copied within storage, so that either output can be deleted without the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from mediaproc import logs
from mediaproc.domain.errors import SourceMissing, StorageFailed
from mediaproc.domain.tables import Rendition, Segment
from mediaproc.media import fingerprints, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.tracks import Label
from mediaproc.operations.jobs import execution as jobs
from mediaproc.runtime import ffmpeg
from mediaproc.storage import keys, objects
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.renditions import upload_pool

log = logs.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Before:
    """A rendition of another output, with its segments, and its MP4 if that has the audio tracks of this plan."""

    row: Rendition
    segments: Sequence[Segment]
    mp4_key: str | None = None

    @property
    def object_keys(self) -> list[str]:
        """Keys of its init segment and its segments."""
        return [self.row.init_key, *(each.object_key for each in self.segments)]


def reused(
    context: AttemptContext, info: MediaInfo, preset: Preset, chunks: Sequence[Chunk], *, audio_alone: bool
) -> Collection[str]:
    """Copy the renditions that can be reused into this attempt's output, and return their names.

    Nothing is reused after chunks failed on a damaged source: decoding may then differ from before. Audio without any
    video is reused only if `audio_alone`.
    """
    made = {} if context.claim.job.undivided else context.write(jobs.reusable)
    if not made:
        return ()
    words = fingerprints_of(context, info, preset, chunks)
    audio: jobs.AudioTracks = {
        track.rendition: (words.get(track.rendition), track.label) for track in tracks.selected_audio(info)
    }
    found = _usable({name: made[word] for name, word in words.items() if word in made}, audio, alone=audio_alone)
    with upload_pool() as pool:
        tried = {name: _copied(context, pool, name, row, audio) for name, row in found.items()}
    copied = _usable({name: before for name, before in tried.items() if before}, audio, alone=audio_alone)
    for name, before in copied.items():
        _write_down(context, name, before, audio[name][1] if name in audio else Label(""))
    if copied:
        context.log(f"Encoded before in the same way, and used again: {', '.join(copied)}")
    if copied.keys() > audio.keys():
        context.write(jobs.mark_playable)
    return copied.keys()


def fingerprints_of(
    context: AttemptContext, info: MediaInfo, preset: Preset, chunks: Sequence[Chunk]
) -> dict[str, str]:
    """Return the fingerprints of this output's renditions by name; empty if the source's ETag is unknown."""
    with context.transaction() as session:
        etag = jobs.source_etag(session, context.claim)
    if etag is None:
        return {}
    made = fingerprints.Inputs(etag=etag, size_bytes=context.claim.video.size_bytes, ffmpeg=ffmpeg.version())
    return fingerprints.of_output(made, info, preset, chunks)


def _usable(found: Mapping[str, T], audio: Collection[str], *, alone: bool) -> dict[str, T]:
    """Keep the video renditions, and the audio ones if all are there: one FFmpeg makes all audio tracks together."""
    video = {name: each for name, each in found.items() if name not in audio}
    whole = all(name in found for name in audio) and (alone or video)
    return {name: each for name, each in found.items() if whole or name in video}


def _copied(
    context: AttemptContext, pool: ThreadPoolExecutor, name: str, row: Rendition, audio: jobs.AudioTracks
) -> Before | None:
    """Copy a rendition's objects. Returns None if one is gone, most likely because it was just deleted."""
    with context.transaction() as session:
        file = row.mp4_key if jobs.audio_tracks_of(session, row) == audio else None
        before = Before(row, jobs.segments_of(session, row), file)

    def copy(key: str) -> None:
        context.check()
        objects.copy(key, _own_key(context, name, key))

    try:
        for _ in pool.map(copy, before.object_keys):
            pass
        if before.mp4_key:
            context.check()
            objects.copy(before.mp4_key, keys.download(context.claim.video_id, context.claim.output, name), large=True)
    except (SourceMissing, StorageFailed) as error:
        log.warning("not_used_again", rendition=name, error=str(error))
        return None
    return before


def _write_down(context: AttemptContext, name: str, before: Before, label: Label) -> None:
    row, claim = before.row, context.claim
    rendition = jobs.NewRendition(
        name=name,
        codec=row.codec,
        codecs=row.codecs,
        init_key=_own_key(context, name, row.init_key),
        width=row.width,
        height=row.height,
        frame_rate=row.frame_rate,
        bitrate_bps=row.bitrate_bps,
        peak_bitrate_bps=row.peak_bitrate_bps,
        kind=row.kind,
        channels=row.channels,
        video_range=row.video_range,
        mp4_key=keys.download(claim.video_id, claim.output, name) if before.mp4_key else None,
        mp4_size_bytes=row.mp4_size_bytes if before.mp4_key else None,
        vmaf=row.vmaf,
        fingerprint=row.fingerprint,
        reused=True,
        **vars(label),
    )
    segments = [
        jobs.NewSegment(
            number=each.number,
            object_key=_own_key(context, name, each.object_key),
            duration_seconds=each.duration_seconds,
            size_bytes=each.size_bytes,
            span=each.span,
            keyframe_bytes=each.keyframe_bytes,
        )
        for each in before.segments
    ]
    context.write(jobs.add_segments, context.write(jobs.add_rendition, rendition), segments)


def _own_key(context: AttemptContext, name: str, key: str) -> str:
    return keys.piece_like(context.claim.video_id, context.claim.output, name, key)
