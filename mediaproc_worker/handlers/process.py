"""Process a video: probe it, encode its ladder (playable meanwhile), take a poster, package what is downloaded."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from mediaproc.domain.errors import DamagedSource, EncodeFailed, Unexpected
from mediaproc.domain.states import Stage
from mediaproc.embedded.ffmpeg import ffmpeg_path
from mediaproc.media import command, ladder, layout, manifest
from mediaproc.media.fragments import Cutter
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import PRESETS, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.progress import Estimate, Progress, parse_blocks
from mediaproc.media.sources import Source
from mediaproc.operations import jobs
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc_worker import process as processes
from mediaproc_worker import reasons
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.posting import Poster
from mediaproc_worker.process import Limits, ProcessFailed, ProcessTimedOut
from mediaproc_worker.reading import probed, source_of
from mediaproc_worker.sending import SENDERS, put_large_file
from mediaproc_worker.shipping import Outbox

_PROBED, _ENCODED = 1.0, 94.0
"""Percent of the whole when probing and encoding are done: encoding is nearly all of the time."""


def process(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `process`. Raises the expected errors; the attempt writes them down."""
    preset = _preset(context)
    context.report(Stage.PROBE, 0.0)
    source = source_of(context)
    info = probed(context, source)
    _write_down(context, info)
    context.report(Stage.PROBE, _PROBED)
    rungs = ladder.rungs_for(info, preset)
    with _senders() as pool:
        outboxes = _outboxes(context, pool, info, rungs, preset)
        poster = Poster.begin(context, pool, info, source)
        _encode(context, info=info, source=source, preset=preset, rungs=rungs, outboxes=outboxes, poster=poster)
        made = _all_arrived(outboxes)
        _mention_what_is_missing(context, info, made)
        poster.look(wait=True)
        _package(context, pool, made)


def _preset(context: AttemptContext) -> Preset:
    name = context.claim.job.preset
    preset = PRESETS.get(name)
    if preset is None:
        raise Unexpected(f"There is no preset called {name} here")
    return preset


def _write_down(context: AttemptContext, info: MediaInfo) -> None:
    video = info.video
    context.write(
        jobs.set_media_info,
        info.to_json(),
        duration_seconds=info.duration_seconds or None,
        width=video.display_width,
        height=video.display_height,
        frame_rate=float(video.frame_rate) or None,
    )
    sound = command.main_audio(info)
    context.log(
        f"Source: {video.codec} {video.display_width}×{video.display_height}, {float(video.frame_rate):.3f} fps, "
        f"{info.duration_seconds:.1f} s, {f'{sound.codec} with {sound.channels} channels' if sound else 'no sound'}"
    )


@contextmanager
def _senders() -> Generator[ThreadPoolExecutor]:
    """Threads that send files to S3. When the attempt fails, what still waits is not sent any more."""
    pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="send")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


# Encode -----------------------------------------------------------------------------------------------------


def _outboxes(
    context: AttemptContext, pool: ThreadPoolExecutor, info: MediaInfo, rungs: Iterable[Rung], preset: Preset
) -> list[Outbox]:
    """One for each rung, and one for the sound."""
    rows = [_rung_row(context, rung, preset) for rung in rungs]
    if command.main_audio(info) is not None:
        rows.append(_sound_row(context, preset))
    return [Outbox(context=context, pool=pool, row=row, cutter=_cutter(row, preset)) for row in rows]


def _cutter(row: jobs.NewRendition, preset: Preset) -> Cutter:
    """Pictures are cut at each keyframe; sound has none."""
    return Cutter(segment_seconds=None if row.height else preset.segment_seconds)


def _rung_row(context: AttemptContext, rung: Rung, preset: Preset) -> jobs.NewRendition:
    """A rung as it begins: its bit rates are its ceiling, its codecs unknown until there is an init segment."""
    return jobs.NewRendition(
        name=rung.name,
        codec=preset.codec,
        codecs="",
        init_key=keys.init_segment(context.claim.video_id, context.claim.attempt, rung.name),
        width=rung.width,
        height=rung.height,
        frame_rate=float(rung.frame_rate),
        bitrate_bps=rung.max_bitrate_bps,
        peak_bitrate_bps=rung.max_bitrate_bps,
    )


def _sound_row(context: AttemptContext, preset: Preset) -> jobs.NewRendition:
    return jobs.NewRendition(
        name=layout.AUDIO,
        codec=preset.audio.codec,
        codecs="",
        init_key=keys.init_segment(context.claim.video_id, context.claim.attempt, layout.AUDIO),
        bitrate_bps=preset.audio.bitrate_bps,
        peak_bitrate_bps=preset.audio.bitrate_bps,
    )


def _encode(
    context: AttemptContext,
    *,
    info: MediaInfo,
    source: Source,
    preset: Preset,
    rungs: tuple[Rung, ...],
    outboxes: list[Outbox],
    poster: Poster,
) -> None:
    """Encode every rung in one process, sending segments and telling progress at each of its reports."""
    threads = settings().threads_per_encode
    arguments = command.encode_arguments(info, source=source, preset=preset, rungs=rungs, threads=threads)
    context.write(jobs.note, command=command.shell_line(arguments, source=source))
    context.log(f"Encoding {', '.join(outbox.name for outbox in outboxes)} with {threads} threads")
    estimate, shown = Estimate(info.duration_seconds), False
    with _ffmpeg(context, arguments, threads=threads) as ffmpeg:
        for block in parse_blocks(ffmpeg.lines()):
            for outbox in outboxes:
                outbox.look()
            shown = shown or _show(context, outboxes)
            poster.look()
            estimate.update(block)
            _report(context, estimate, block)
    for outbox in outboxes:
        outbox.finish()


def _show(context: AttemptContext, outboxes: list[Outbox]) -> bool:
    """Let the video be played once every rendition has begun. Returns whether it can be."""
    if not all(outbox.started for outbox in outboxes):
        return False
    context.write(jobs.mark_playable)
    context.log("Playable")
    return True


def _report(context: AttemptContext, estimate: Estimate, block: Progress) -> None:
    progress = _PROBED + (_ENCODED - _PROBED) * estimate.percent / 100
    context.report(Stage.ENCODE, progress, fps=block.fps, speed=block.speed, eta_seconds=estimate.eta_seconds)


@contextmanager
def _ffmpeg(context: AttemptContext, arguments: list[str], *, threads: int) -> Generator[processes.Process]:
    """A running FFmpeg. Its failure ends as an expected error, and the end of its log on the page."""
    seconds = settings().attempt_timeout_seconds
    limits = Limits(wall_seconds=seconds, cpu_seconds=seconds * threads)
    try:
        with processes.running(
            ffmpeg_path(), arguments, directory=context.workspace, cancelled=context.cancelled, limits=limits
        ) as ffmpeg:
            yield ffmpeg
    except (ProcessFailed, ProcessTimedOut) as failure:
        _tell(context, failure.log_tail)
        raise reasons.reason_of(failure) from failure
    lost = reasons.cut_short(ffmpeg.log_tail)
    if lost is not None:
        _tell(context, ffmpeg.log_tail)
        raise lost


def _tell(context: AttemptContext, log_tail: str) -> None:
    """Put the end of FFmpeg's log on the page."""
    for line in log_tail.splitlines()[-20:]:
        context.log(line)


def _all_arrived(outboxes: list[Outbox]) -> list[Outbox]:
    """The renditions that were made, each counted: FFmpeg's exit code alone proves nothing.

    A sound track without a single packet is none.
    """
    made = [outbox for outbox in outboxes if outbox.started or not outbox.is_sound]
    if not all(outbox.started for outbox in made):
        raise DamagedSource("Not one frame of this video could be decoded")
    frames = {outbox.frames for outbox in made if not outbox.is_sound}
    if not all(outbox.whole for outbox in made) or len(frames) > 1:
        raise EncodeFailed("FFmpeg ended before it had written everything")
    return made


def _mention_what_is_missing(context: AttemptContext, info: MediaInfo, made: list[Outbox]) -> None:
    """A source that is cut off gives what there is; the page can say so."""
    seconds = sum(duration for _, duration in made[0].pieces)
    if seconds < 0.9 * info.duration_seconds:
        context.log(f"Only {seconds:.1f} of {info.duration_seconds:.1f} s of this video could be decoded")


# Package ----------------------------------------------------------------------------------------------------


def _package(context: AttemptContext, pool: ThreadPoolExecutor, made: list[Outbox]) -> None:
    """Remux each rung to an MP4 while the one before is sent; then all renditions are whole."""
    with_audio = any(outbox.is_sound for outbox in made)
    rungs = [outbox for outbox in made if not outbox.is_sound]
    sent = [pool.submit(_send_download, context, _remux(context, rung, with_audio=with_audio)) for rung in rungs]
    for done, (rung, sending) in enumerate(zip(rungs, sent, strict=True), start=1):
        size_bytes = sending.result()
        key = keys.download(context.claim.video_id, context.claim.attempt, rung.name)
        _finish(context, rung, mp4_key=key, mp4_size_bytes=size_bytes)
        context.report(Stage.PACKAGE, _ENCODED + (100.0 - _ENCODED) * done / len(rungs))
    for sound in made:
        if sound.is_sound:
            _finish(context, sound)


def _remux(context: AttemptContext, outbox: Outbox, *, with_audio: bool) -> str:
    """Make a rung's MP4 in the workspace and return the rendition's name."""
    context.check()
    context.report(Stage.PACKAGE, _ENCODED)
    with _ffmpeg(context, command.remux_arguments(outbox.name, with_audio=with_audio), threads=1) as ffmpeg:
        for _ in ffmpeg.lines():
            pass
    (context.workspace / layout.whole(outbox.name)).unlink()
    return outbox.name


def _send_download(context: AttemptContext, name: str) -> int:
    """Send an MP4 in parts and return its size in bytes."""
    path = context.workspace / layout.download(name)
    key = keys.download(context.claim.video_id, context.claim.attempt, name)
    size_bytes = put_large_file(path, key, content_type="video/mp4")
    path.unlink()
    return size_bytes


def _finish(
    context: AttemptContext, outbox: Outbox, *, mp4_key: str | None = None, mp4_size_bytes: int | None = None
) -> None:
    assert outbox.rendition_id is not None
    context.write(
        jobs.finish_rendition,
        outbox.rendition_id,
        mp4_key=mp4_key,
        mp4_size_bytes=mp4_size_bytes,
        bitrate_bps=manifest.average_bitrate_bps(outbox.pieces),
        peak_bitrate_bps=manifest.peak_bitrate_bps(outbox.pieces),
    )
