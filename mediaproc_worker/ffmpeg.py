"""FFmpeg for handlers that make renditions: preset, segment uploaders, and a running process with explained
failures.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

from mediaproc.domain.errors import DamagedSource, Detail, EncodeFailed, Unexpected
from mediaproc.domain.states import JobKind, Lane, RenditionKind, Stage
from mediaproc.media import audio_copy, codecs, encoders, ladder, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.filters import hdr
from mediaproc.media.ladder import Rung
from mediaproc.media.mp4 import audio_segmenter
from mediaproc.media.mp4.audio_segmenter import AudioSegmenter
from mediaproc.media.mp4.segmenter import Segmenter
from mediaproc.media.presets import PRESETS, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.progress import Estimate, Progress
from mediaproc.media.tracks import SelectedTrack
from mediaproc.operations.jobs import execution as jobs
from mediaproc.runtime.ffmpeg import ffmpeg_path
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.objects import PARALLEL_UPLOADS
from mediaproc_worker import ffmpeg_errors
from mediaproc_worker import sandboxed_process as processes
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits, ProcessFailed, ProcessTimedOut
from mediaproc_worker.segment_uploader import Outbox

_NICE = 10
"""How far encodes stand back for what is quick: a remux that lets a video be played, a poster, the services.

So does a long sound. What lets a video be played goes ahead of all of that until its first segment is there.
"""


_SURE_SECONDS = 0.1
"""Containers round, and count an encoder's padding: a smaller difference says nothing."""


def preset_of(context: AttemptContext) -> Preset:
    """The job's preset, as it was when the job was asked for. Old jobs kept only its name."""
    job = context.claim.job
    if job.recipe is not None:
        return Preset.from_json(job.recipe)
    if job.preset not in PRESETS:
        raise Unexpected(Detail.PRESET_UNKNOWN.format(name=job.preset))
    return PRESETS[job.preset]


def info_of(context: AttemptContext) -> MediaInfo:
    """Media info of the source. The parent has stored it before its parts begin."""
    assert context.claim.video.media_info is not None
    return MediaInfo.from_json(context.claim.video.media_info)


@contextmanager
def senders(*, others: int = 0) -> Generator[ThreadPoolExecutor]:
    """Threads that send files to S3. When the attempt fails, what still waits is not sent any more.

    `others` do something else beside.
    """
    pool = ThreadPoolExecutor(PARALLEL_UPLOADS + others, thread_name_prefix="send")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def rung_outboxes(
    context: AttemptContext,
    pool: ThreadPoolExecutor,
    rungs: Iterable[Rung],
    preset: Preset,
    *,
    chunk: Chunk | None = None,
) -> list[Outbox]:
    """One for each rung, of the whole video or of one chunk."""
    reorders = encoders.reorders(info_of(context).video, preset)
    return [
        Outbox(
            context=context,
            pool=pool,
            row=_rung_row(context, rung, preset),
            segmenter=Segmenter(),
            chunk=chunk,
            reorders=reorders,
        )
        for rung in rungs
    ]


def audio_outboxes(
    context: AttemptContext,
    pool: ThreadPoolExecutor,
    sounds: Iterable[SelectedTrack],
    preset: Preset,
    *,
    beside: Segmenter | None = None,
) -> list[Outbox]:
    """One for each sound track, cut where the video is: `beside` it, or where that is going to be encoded."""
    cuts = audio_segmenter.following(beside, preset.segment_seconds) if beside else _cuts(context, preset)
    return [
        Outbox(context=context, pool=pool, row=_audio_row(context, kept, preset), segmenter=AudioSegmenter(cuts))
        for kept in sounds
    ]


def _cuts(context: AttemptContext, preset: Preset) -> audio_segmenter.Cuts:
    video = info_of(context).video
    constant = preset.rungs and not video.variable_frame_rate
    rate = ladder.capped_frame_rate(video, preset) if constant else Fraction(0)
    return audio_segmenter.at_edges(preset.segment_seconds, frame_rate=rate, start_seconds=video.start_seconds)


def copied_outbox(
    context: AttemptContext, pool: ThreadPoolExecutor, info: MediaInfo, preset: Preset, *, name: str
) -> tuple[Outbox, Segmenter]:
    """One for the source's own picture, and its segmenter, which the audio beside it follows.

    Its GOPs are as long as they are: short ones are put together.
    """
    segmenter = Segmenter(segment_seconds=preset.segment_seconds, holds=True)
    return Outbox(context=context, pool=pool, row=_copied_row(context, info, name), segmenter=segmenter), segmenter


def report(context: AttemptContext, estimate: Estimate, block: Progress, *, base: float, end: float) -> None:
    """Tell how far an encode is that takes the attempt from `base` to `end` percent."""
    progress = base + (end - base) * estimate.percent / 100
    context.report(Stage.ENCODE, progress, fps=block.fps, speed=block.speed, eta_seconds=estimate.eta_seconds)


@contextmanager
def ffmpeg(
    context: AttemptContext, arguments: list[str], *, threads: int, limits: Limits | None = None, ahead: bool = False
) -> Generator[processes.Process]:
    """A running FFmpeg. Its failure ends as an expected error, and the end of its log on the page.

    One that goes `ahead` stands back for nothing until it is told to.
    """
    seconds = settings().attempt_timeout_seconds
    limits = limits or Limits(wall_seconds=seconds, cpu_seconds=seconds * threads)
    if _stands_back(context) and not ahead:
        limits = replace(limits, nice=_NICE)
    try:
        with processes.running(
            ffmpeg_path(), arguments, directory=context.workspace, cancelled=context.cancelled, limits=limits
        ) as running:
            yield running
    except (ProcessFailed, ProcessTimedOut) as failure:
        _log_tail_lines(context, failure.log_tail)
        raise ffmpeg_errors.reason_of(failure) from failure
    lost = ffmpeg_errors.cut_short(running.log_tail)
    if lost is not None:
        _log_tail_lines(context, running.log_tail)
        raise lost


def stand_back(context: AttemptContext, ahead: processes.Process) -> None:
    """Let an FFmpeg that went ahead stand back as others do."""
    if _stands_back(context):
        ahead.stand_back(_NICE)


def _stands_back(context: AttemptContext) -> bool:
    return context.claim.job.lane is Lane.ENCODE or context.claim.job.kind is JobKind.AUDIO


def run(context: AttemptContext, arguments: list[str], *, threads: int = 1, limits: Limits | None = None) -> None:
    """Run FFmpeg to its end, whose progress nobody follows. It fails as `ffmpeg` does."""
    with ffmpeg(context, arguments, threads=threads, limits=limits) as running:
        for _ in running.lines():
            pass


def mention_what_is_missing(context: AttemptContext, seconds: float) -> None:
    """A source that is cut off gives what there is; the page can say so. `seconds` is how much that is."""
    wanted = context.claim.video.duration_seconds or 0
    if seconds < 0.9 * wanted:
        context.log(f"Only {seconds:.1f} of {wanted:.1f} s of this video could be decoded")


def set_length(context: AttemptContext, seconds: float) -> None:
    """Set the video's length to that of what was made, where the container said none or another."""
    mention_what_is_missing(context, seconds)
    said = context.claim.video.duration_seconds
    if seconds > 0 and (said is None or abs(seconds - said) > _SURE_SECONDS):
        context.write(jobs.set_duration, seconds)


def all_arrived(outboxes: list[Outbox]) -> list[Outbox]:
    """The renditions that were made, each counted: FFmpeg's exit code alone proves nothing.

    A sound track without a single packet is none.
    """
    made = [outbox for outbox in outboxes if outbox.started or not outbox.is_audio]
    if not all(outbox.started for outbox in made):
        raise DamagedSource(Detail.NO_FRAME_DECODED)
    frames = {outbox.frames for outbox in made if not outbox.is_audio}
    if not all(outbox.whole for outbox in made) or len(frames) > 1:
        raise EncodeFailed(Detail.ENDED_EARLY)
    return made


def _rung_row(context: AttemptContext, rung: Rung, preset: Preset) -> jobs.NewRendition:
    """A rung as it begins: its bit rates are its ceiling, its codecs unknown until there is an init segment."""
    return jobs.NewRendition(
        name=rung.name,
        codec=preset.codec,
        codecs="",
        init_key=keys.init_segment(context.claim.video_id, context.claim.output, rung.name),
        width=rung.width,
        height=rung.height,
        frame_rate=float(rung.frame_rate),
        video_range=hdr.video_range(info_of(context).video, preset.bit_depth),
        bitrate_bps=rung.max_bitrate_bps,
        peak_bitrate_bps=rung.max_bitrate_bps,
    )


def _copied_row(context: AttemptContext, info: MediaInfo, name: str) -> jobs.NewRendition:
    """The source's own picture as it begins: its codecs are what its init segment will say."""
    video, claim = info.video, context.claim
    bitrate_bps = video.bitrate_bps or info.bitrate_bps
    return jobs.NewRendition(
        name=name,
        codec=video.codec,
        codecs=codecs.h264(profile=codecs.H264_HIGH, constraints=0, level=40) if video.codec == "h264" else "",
        init_key=keys.init_segment(claim.video_id, claim.output, name),
        width=video.display_width,
        height=video.display_height,
        frame_rate=float(video.frame_rate),
        bitrate_bps=bitrate_bps,
        peak_bitrate_bps=bitrate_bps,
    )


def _audio_row(context: AttemptContext, kept: SelectedTrack, preset: Preset) -> jobs.NewRendition:
    audio, track = preset.audio.for_channels(kept.channels), tracks.source_track(info_of(context), kept)
    bitrate_bps = track.bitrate_bps if audio_copy.is_copied(track, preset) else audio.bitrate_bps
    return jobs.NewRendition(
        name=kept.rendition,
        kind=RenditionKind.AUDIO,
        codec=audio.codec,
        codecs="",
        init_key=keys.init_segment(context.claim.video_id, context.claim.output, kept.rendition),
        bitrate_bps=bitrate_bps,
        peak_bitrate_bps=bitrate_bps,
        channels=audio.channels,
        **vars(kept.label),
    )


def _log_tail_lines(context: AttemptContext, log_tail: str) -> None:
    """Put the end of FFmpeg's log on the page."""
    for line in log_tail.splitlines()[-20:]:
        context.log(line)
