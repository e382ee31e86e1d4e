"""Process a video: probe it and plan; do all of it if it is short, else share it out to chunks on any worker."""

from __future__ import annotations

from mediaproc.domain.states import JobKind, Stage
from mediaproc.media import command, edits, ladder, plan, probe
from mediaproc.media.ladder import Rung
from mediaproc.media.plan import Chunk
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.progress import Estimate, parse_blocks
from mediaproc.media.sources import Source
from mediaproc.operations import jobs
from mediaproc.settings import settings
from mediaproc_worker import making, packaging, reasons
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.handlers.files import make_files
from mediaproc_worker.packaging import Made
from mediaproc_worker.posting import Poster
from mediaproc_worker.reading import keyframes_of, probed, source_of
from mediaproc_worker.shipping import Outbox


def process(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `process`. Raises the expected errors; the attempt writes them down."""
    preset = making.preset_of(context)
    context.report(Stage.PROBE, 0.0)
    source = source_of(context)
    info = _edited(probed(context, source, picture_needed=not preset.sounds), preset)
    _write_down(context, info)
    context.report(Stage.PROBE, jobs.PLANNED)
    if not preset.rungs:
        make_files(context, info, source, preset)
        return
    chunks = _chunks(context, info, preset)
    if len(chunks) > 1:
        _share_out(context, info, source, preset, chunks)
    else:
        _make(context, info, source, preset)


def _edited(info: MediaInfo, preset: Preset) -> MediaInfo:
    """The source as the preset edits it: what is planned, encoded and shown goes by that."""
    try:
        return edits.edited(info, preset.edits)
    except probe.Refused as refused:
        raise reasons.refusal(refused) from refused


def _write_down(context: AttemptContext, info: MediaInfo) -> None:
    video = info.video
    context.write(
        jobs.set_media_info,
        info.to_json(),
        duration_seconds=info.duration_seconds or None,
        width=video.display_width or None,
        height=video.display_height or None,
        frame_rate=float(video.frame_rate) or None,
    )
    sound = command.main_audio(info)
    size = f"{video.display_width}×{video.display_height}, {float(video.frame_rate):.3f} fps"
    picture = f"{video.codec} {size}" if video.shown else "no picture"
    heard = f"{sound.codec} with {sound.channels} channels" if sound else "no sound"
    context.log(f"Source: {picture}, {info.duration_seconds:.1f} s, {heard}")


# Share out --------------------------------------------------------------------------------------------------


def _chunks(context: AttemptContext, info: MediaInfo, preset: Preset) -> tuple[Chunk, ...]:
    """The source's chunks; its keyframes are only looked for when it is long enough."""
    alone = context.claim.job.undivided or info.duration_seconds <= plan.LONGEST_ALONE_SECONDS
    return plan.chunks_for(info, preset, [] if alone else keyframes_of(context, info))


def _share_out(
    context: AttemptContext, info: MediaInfo, source: Source, preset: Preset, chunks: tuple[Chunk, ...]
) -> None:
    """The first chunk first, and beside it the sound, without which nothing can be played."""
    _note_first(context, info, source, preset, chunks[0])
    pictures = [
        jobs.Part(
            JobKind.ENCODE, chunk=each.number, start_seconds=each.start_seconds, length_seconds=each.length_seconds
        )
        for each in chunks
    ]
    sound = [jobs.Part(JobKind.SOUND)] if command.main_audio(info) else []
    context.log(f"Shared out to {len(chunks)} chunks of about {chunks[0].length_seconds:.0f} s")
    context.write(jobs.share_out, [*sound, *pictures, jobs.Part(JobKind.POSTER)])


def _note_first(context: AttemptContext, info: MediaInfo, source: Source, preset: Preset, chunk: Chunk) -> None:
    """The page shows the whole's command: that of its first chunk, which stands for all."""
    rungs, threads = ladder.rungs_for(info, preset), settings().threads_per_encode
    arguments = command.encode_arguments(info, source=source, preset=preset, rungs=rungs, threads=threads, chunk=chunk)
    context.write(jobs.note, command=command.shell_line(arguments, source=source))


# All of it --------------------------------------------------------------------------------------------------


def _make(context: AttemptContext, info: MediaInfo, source: Source, preset: Preset) -> None:
    """Encode the ladder (playable meanwhile), take a poster, package what is downloaded."""
    rungs = ladder.rungs_for(info, preset)
    with making.senders() as pool:
        sound = making.sound_outboxes(context, pool, info, preset)
        outboxes = [*making.rung_outboxes(context, pool, rungs, preset), *sound]
        poster = Poster.begin(context, pool, info, source)
        _encode(context, info=info, source=source, preset=preset, rungs=rungs, outboxes=outboxes, poster=poster)
        made = making.all_arrived(outboxes)
        _mention_what_is_missing(context, info, made)
        poster.look(wait=True)
        packaging.package(context, pool, [_made(outbox) for outbox in made], base=jobs.ENCODED)


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
    """Encode every rung in one process, telling progress at each of its reports and then sending segments."""
    threads = settings().threads_per_encode
    arguments = command.encode_arguments(info, source=source, preset=preset, rungs=rungs, threads=threads)
    context.write(jobs.note, command=command.shell_line(arguments, source=source))
    context.log(f"Encoding {', '.join(outbox.name for outbox in outboxes)} with {threads} threads")
    estimate, shown = Estimate(info.duration_seconds), False
    with making.ffmpeg(context, arguments, threads=threads) as ffmpeg:
        for block in parse_blocks(ffmpeg.lines()):
            estimate.update(block)
            making.report(context, estimate, block, base=jobs.PLANNED, end=jobs.ENCODED)
            for outbox in outboxes:
                outbox.look()
            shown = shown or _show(context, outboxes)
            poster.look()
    for outbox in outboxes:
        outbox.finish()


def _show(context: AttemptContext, outboxes: list[Outbox]) -> bool:
    """Let the video be played once every rendition has begun. Returns whether it can be."""
    if not all(outbox.started for outbox in outboxes):
        return False
    context.write(jobs.mark_playable)
    context.log("Playable")
    return True


def _mention_what_is_missing(context: AttemptContext, info: MediaInfo, made: list[Outbox]) -> None:
    """A source that is cut off gives what there is; the page can say so."""
    seconds = sum(duration for _, duration in made[0].pieces)
    if seconds < 0.9 * info.duration_seconds:
        context.log(f"Only {seconds:.1f} of {info.duration_seconds:.1f} s of this video could be decoded")


def _made(outbox: Outbox) -> Made:
    assert outbox.rendition_id is not None
    return Made(outbox.name, outbox.is_sound, outbox.rendition_id, outbox.pieces)
