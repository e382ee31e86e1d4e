"""Renditions of an attempt: the uploaders that store them, the rows that they begin with, and the check at the end."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from mediaproc.domain.errors import DamagedSource, Detail, EncodeFailed
from mediaproc.domain.states import RenditionKind
from mediaproc.media import audio_copy, codecs, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.filters import hdr
from mediaproc.media.ladder import Rung
from mediaproc.media.mp4.segmenter import Segmenter
from mediaproc.media.tracks import SelectedTrack
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys
from mediaproc.storage.objects import PARALLEL_UPLOADS
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.segment_uploader import Outbox


@contextmanager
def upload_pool(*, others: int = 0) -> Generator[ThreadPoolExecutor]:
    """Threads that upload to S3, and `others` more for other work. If the attempt fails, queued uploads are dropped."""
    pool = ThreadPoolExecutor(PARALLEL_UPLOADS + others, thread_name_prefix="send")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def rung_outboxes(
    context: AttemptContext, pool: ThreadPoolExecutor, rungs: Iterable[Rung], *, chunk: Chunk | None = None
) -> list[Outbox]:
    """One outbox a rung, for the whole video or for one chunk."""
    return [
        Outbox(context=context, pool=pool, row=_rung_row(context, rung), segmenter=Segmenter(), chunk=chunk)
        for rung in rungs
    ]


def audio_outboxes(
    context: AttemptContext, pool: ThreadPoolExecutor, selected: Iterable[SelectedTrack]
) -> list[Outbox]:
    """One outbox an audio track. Audio has no keyframes to cut at, so segments are cut by their length."""
    return [
        Outbox(
            context=context,
            pool=pool,
            row=_audio_row(context, track),
            segmenter=Segmenter(segment_seconds=context.preset.segment_seconds),
        )
        for track in selected
    ]


def copied_outbox(context: AttemptContext, pool: ThreadPoolExecutor, *, name: str) -> Outbox:
    """The outbox of the source's own video. Its GOPs have any length: short ones share a segment."""
    segmenter = Segmenter(segment_seconds=context.preset.segment_seconds)
    return Outbox(
        context=context,
        pool=pool,
        row=_copied_row(context, name),
        segmenter=segmenter,
        copied_codec=context.info.video.codec,
    )


def all_arrived(outboxes: list[Outbox]) -> list[Outbox]:
    """Return the renditions that were made, after counting their frames: FFmpeg's exit code alone proves nothing.

    An audio track without a single packet is left out. Raises DamagedSource if a video has no frame, and EncodeFailed
    if a rendition is incomplete.
    """
    made = [outbox for outbox in outboxes if outbox.started or not outbox.is_audio]
    if not all(outbox.started for outbox in made):
        raise DamagedSource(Detail.NO_FRAME_DECODED)
    frames = {outbox.frames for outbox in made if not outbox.is_audio}
    if not all(outbox.whole for outbox in made) or len(frames) > 1:
        raise EncodeFailed(Detail.ENDED_EARLY)
    return made


def log_shortfall(context: AttemptContext, seconds: float) -> None:
    """Log that only `seconds` of the source could be decoded, if more than a tenth is missing."""
    wanted = context.claim.video.duration_seconds or 0
    if seconds < 0.9 * wanted:
        context.log(f"Only {seconds:.1f} of {wanted:.1f} s of this video could be decoded")


def _rung_row(context: AttemptContext, rung: Rung) -> jobs.NewRendition:
    """A rung as it begins: its bit rates are its ceiling, its codecs unknown until there is an init segment."""
    claim, preset = context.claim, context.preset
    return jobs.NewRendition(
        name=rung.name,
        codec=preset.codec,
        codecs="",
        init_key=keys.init_segment(claim.video_id, claim.output, rung.name),
        width=rung.width,
        height=rung.height,
        frame_rate=float(rung.frame_rate),
        video_range=hdr.video_range(context.info.video, preset.bit_depth),
        bitrate_bps=rung.max_bitrate_bps,
        peak_bitrate_bps=rung.max_bitrate_bps,
    )


def _copied_row(context: AttemptContext, name: str) -> jobs.NewRendition:
    """The source's own video as it begins. Its codecs are read from its init segment later."""
    info, claim = context.info, context.claim
    video, bitrate_bps = info.video, info.video.bitrate_bps or info.bitrate_bps
    return jobs.NewRendition(
        name=name,
        codec=video.codec,
        codecs=codecs.of(video.codec).assumed_codec_string,
        init_key=keys.init_segment(claim.video_id, claim.output, name),
        width=video.display_width,
        height=video.display_height,
        frame_rate=float(video.frame_rate),
        bitrate_bps=bitrate_bps,
        peak_bitrate_bps=bitrate_bps,
    )


def _audio_row(context: AttemptContext, selected: SelectedTrack) -> jobs.NewRendition:
    claim, preset = context.claim, context.preset
    audio, track = preset.audio.for_channels(selected.channels), tracks.source_track(context.info, selected)
    bitrate_bps = track.bitrate_bps if audio_copy.is_copied(track, preset) else audio.bitrate_bps
    return jobs.NewRendition(
        name=selected.rendition,
        kind=RenditionKind.AUDIO,
        codec=audio.codec,
        codecs="",
        init_key=keys.init_segment(claim.video_id, claim.output, selected.rendition),
        bitrate_bps=bitrate_bps,
        peak_bitrate_bps=bitrate_bps,
        channels=audio.channels,
        **vars(selected.label),
    )
