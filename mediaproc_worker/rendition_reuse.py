"""Use again what the same source was encoded to before: renditions whose fingerprint is one of this plan's, copied
within storage, so that only the others are encoded, and either output may go without the other.
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
from mediaproc_worker.ffmpeg import senders

log = logs.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Before:
    """A rendition of another output, with its segments; and its MP4, where that has the sounds of this plan."""

    row: Rendition
    segments: Sequence[Segment]
    mp4_key: str | None = None

    @property
    def object_keys(self) -> list[str]:
        """Of its init segment and its segments."""
        return [self.row.init_key, *(each.object_key for each in self.segments)]


def reused(
    context: AttemptContext, info: MediaInfo, preset: Preset, chunks: Sequence[Chunk], *, sound_alone: bool
) -> Collection[str]:
    """The names of the renditions that this attempt's output has from another one now, and that nobody need encode.

    None where it was tried so in vain: what was decoded of a damaged source then and now may differ. Sound without a
    picture only if `sound_alone`.
    """
    made = {} if context.claim.job.undivided else context.write(jobs.reusable)
    if not made:
        return ()
    words = fingerprints_of(context, info, preset, chunks)
    sounds: jobs.AudioTracks = {
        kept.rendition: (words.get(kept.rendition), kept.label) for kept in tracks.selected_audio(info)
    }
    found = _usable({name: made[word] for name, word in words.items() if word in made}, sounds, alone=sound_alone)
    with senders() as pool:
        tried = {name: _copied(context, pool, name, row, sounds) for name, row in found.items()}
    copied = _usable({name: before for name, before in tried.items() if before}, sounds, alone=sound_alone)
    for name, before in copied.items():
        _write_down(context, name, before, sounds[name][1] if name in sounds else Label(""))
    if copied:
        context.log(f"Encoded before in the same way, and used again: {', '.join(copied)}")
    if copied.keys() > sounds.keys():
        context.write(jobs.mark_playable)
    return copied.keys()


def fingerprints_of(
    context: AttemptContext, info: MediaInfo, preset: Preset, chunks: Sequence[Chunk]
) -> dict[str, str]:
    """The fingerprints of this output's renditions by their names; none where storage did not name the source."""
    with context.transaction() as session:
        etag = jobs.source_etag(session, context.claim)
    if etag is None:
        return {}
    made = fingerprints.Inputs(etag=etag, size_bytes=context.claim.video.size_bytes, ffmpeg=ffmpeg.version())
    return fingerprints.of_output(made, info, preset, chunks)


def _usable(found: Mapping[str, T], sounds: Collection[str], *, alone: bool) -> dict[str, T]:
    """The pictures, and the sounds if they are all there: one FFmpeg makes them, or has nothing to do."""
    pictures = {name: each for name, each in found.items() if name not in sounds}
    whole = all(name in found for name in sounds) and (alone or pictures)
    return {name: each for name, each in found.items() if whole or name in pictures}


def _copied(
    context: AttemptContext, pool: ThreadPoolExecutor, name: str, row: Rendition, sounds: jobs.AudioTracks
) -> Before | None:
    """Copy a rendition's objects. None where one is gone: deleted at this very moment, most likely."""
    with context.transaction() as session:
        file = row.mp4_key if jobs.audio_tracks_of(session, row) == sounds else None
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
