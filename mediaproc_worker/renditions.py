"""Renditions of an attempt: the uploaders that store them, the rows that they begin with, and the check at the end."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction

from mediaproc.domain.errors import DamagedSource, Detail, EncodeFailed
from mediaproc.domain.states import RenditionKind
from mediaproc.media import audio_copy, codecs, ladder, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import encode
from mediaproc.media.filters import hdr
from mediaproc.media.ladder import Rung
from mediaproc.media.mp4 import audio_segmenter
from mediaproc.media.mp4.audio_segmenter import AudioSegmenter
from mediaproc.media.mp4.segmenter import Segmenter
from mediaproc.media.tracks import SelectedTrack
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys
from mediaproc.storage.objects import PARALLEL_UPLOADS
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.segment_uploader import Outbox

_SURE_SECONDS = 0.1
"""Containers round, and count an encoder's padding: a smaller difference says nothing."""


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
    reorders = encode.reorders(context.info.video, context.preset)
    return [
        Outbox(
            context=context,
            pool=pool,
            row=_rung_row(context, rung),
            segmenter=Segmenter(source_end_seconds=context.info.duration_seconds),
            chunk=chunk,
            reorders=reorders,
        )
        for rung in rungs
    ]


def audio_outboxes(
    context: AttemptContext,
    pool: ThreadPoolExecutor,
    selected: Iterable[SelectedTrack],
    *,
    beside: Segmenter | None = None,
) -> list[Outbox]:
    """One outbox an audio track. Audio is cut where the video is: `beside` it, or where it is going to be encoded."""
    cuts = audio_segmenter.following(beside, context.preset.segment_seconds) if beside else _cuts(context)
    return [
        Outbox(context=context, pool=pool, row=_audio_row(context, track), segmenter=AudioSegmenter(cuts))
        for track in selected
    ]


def copied_outbox(context: AttemptContext, pool: ThreadPoolExecutor, *, name: str) -> tuple[Outbox, Segmenter]:
    """The outbox of the source's own video, and its segmenter, which the audio beside it follows.

    Its GOPs have any length: short ones share a segment.
    """
    segmenter = Segmenter(
        segment_seconds=context.preset.segment_seconds,
        holds=True,
        source_end_seconds=context.info.duration_seconds,
    )
    row, codec = _copied_row(context, name), context.info.video.codec
    return Outbox(context=context, pool=pool, row=row, segmenter=segmenter, copied_codec=codec), segmenter


def finish_all(outboxes: Sequence[Outbox]) -> None:
    """Upload what is left. The last frame of copied video is held until the audio beside it ends."""
    for outbox in outboxes:
        outbox.look()
    audio_end = max((outbox.end_seconds for outbox in outboxes), default=0.0)
    for outbox in outboxes:
        outbox.finish(until_seconds=audio_end)


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


def set_length(context: AttemptContext, seconds: float) -> None:
    """Set the video's length to that of what was made, if the container said none or another."""
    log_shortfall(context, seconds)
    said = context.claim.video.duration_seconds
    if seconds > 0 and (said is None or abs(seconds - said) > _SURE_SECONDS):
        context.write(jobs.set_duration, seconds)


def _cuts(context: AttemptContext) -> audio_segmenter.Cuts:
    preset, video = context.preset, context.info.video
    constant = preset.rungs and not video.variable_frame_rate
    rate = ladder.capped_frame_rate(video, preset) if constant else Fraction(0)
    return audio_segmenter.at_edges(preset.segment_seconds, frame_rate=rate, start_seconds=video.start_seconds)


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
